/* A recursive descent calculator: + - * / and parentheses. */
#include <ctype.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

static const char *cursor;
static jmp_buf failed;

static double expression(void);

static void skip(void)
{
    while (isspace((unsigned char)*cursor)) cursor++;
}

static double atom(void)
{
    skip();
    if (*cursor == '(') {
        cursor++;
        double value = expression();
        skip();
        if (*cursor++ != ')')
            longjmp(failed, 1);
        return value;
    }
    if (*cursor == '-') {
        cursor++;
        return -atom();
    }
    char *end;
    double value = strtod(cursor, &end);
    if (end == cursor) longjmp(failed, 1);
    cursor = end;
    return value;
}

static double term(void)
{
    double value = atom();
    for (skip(); *cursor == '*' || *cursor == '/'; skip())
        if (*cursor++ == '*') value *= atom();
        else value /= atom();
    return value;
}

static double expression(void)
{
    double value = term();
    for (skip(); *cursor == '+' || *cursor == '-'; skip())
        value += *cursor++ == '+' ? term() : -term();
    return value;
}

int main(void)
{
    char line[256];

    while (fgets(line, sizeof line, stdin)) {
        cursor = line;
        if (setjmp(failed) == 0) {
            double value = expression();
            printf("= %g\n", value);
        } else {
            printf("? near column %d\n", (int)(cursor - line) + 1);
        }
    }
    return EXIT_SUCCESS;
}
