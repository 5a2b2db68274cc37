/* Checks whether the brackets of a line are balanced, with a stack. */
#include <stdio.h>
#include <string.h>

#define SIZE 200

char stack[SIZE];
int top = -1;

void push(char c)
{
    if (top < SIZE - 1)
        stack[++top] = c;
}

char pop(void)
{
    if (top == -1)
        return '\0';
    return stack[top--];
}

int matches(char open, char close)
{
    switch (close) {
    case ')': return open == '(';
    case ']': return open == '[';
    case '}': return open == '{';
    default:  return 0;
    }
}

int balanced(const char *text)

    size_t n = strlen(text);

    for (size_t i = 0; i < n; i++) {
        char c = text[i];
        if (c == '(' || c == '[' || c == '{') {
            push(c);
        } else if (c == ')' || c == ']' || c == '}') {
            if (!matches(pop(), c))
                return 0;
        }
    }
    return top == -1;
}

int main(void)
{
    char line[SIZE];

    while (fgets(line, sizeof(line), stdin)) {
        top = -1;
        puts(balanced(line) ? "balanced" : "not balanced");
    }
    return 0;
}
