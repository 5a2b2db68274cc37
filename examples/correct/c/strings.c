/* Odd but correct: brackets and quotes in strings, characters, comments. */
#include <stdio.h>
#include <string.h>

static const char brackets[] = "([{";
static const char quotes[] = { '"', '\'', '`', '\\', '\0' };

// counts { and } that stand outside of strings; "don't" be confused by this
static int depth(const char *s)
{
    int n = 0, quoted = 0;

    for (; *s; s++) {
        if (*s == '\\' && s[1]) {
            s++;
        } else if (*s == '"') {
            quoted = !quoted;
        } else if (!quoted) {
            n += (*s == '{') - (*s == '}');
        }
    }
    return n;
}

int main(void)
{
    const char *text = "if (x) { printf(\"}\"); /* :-( */";
    const char *long_text =
        "first line;\n"
        "second line: (unclosed, on purpose\n"
        "third line }\n";

    printf("%d %d\n", depth(text), depth(long_text));
    printf("%zu brackets, %zu quotes\n", strlen(brackets), strlen(quotes));
    printf("100%% done;; really\n");
    for (;;) {
        if (getchar() == EOF)
            break;
        ;
    }
    return 0;
}
