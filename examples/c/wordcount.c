/* wordcount - count lines, words and characters of the files named */
#include <ctype.h>
#include <stdio.h>

struct counts {
    long lines;
    long words;
    long chars;
};

static void count_stream(FILE *fp, struct counts *out)
{
    int c;
    int in_word = 0;

    while ((c = getc(fp)) != EOF) {
        out->chars++;
        if (c == '\n') {
            out->lines++;
        }
        if (isspace(c)) {
            in_word = 0;
        } else if (!in_word) {
            in_word = 1;
            out->words++;
        }
}

static void report(const struct counts *n, const char *name)
{
    printf("%8ld%8ld%8ld %s\n", n->lines, n->words, n->chars, name);
}

int main(int argc, char *argv[])
{
    struct counts total = {0, 0, 0};
    int failed = 0;

    for (int i = 1; i < argc; i++) {
        struct counts one = {0, 0, 0};
        FILE *fp = fopen(argv[i], "r");

        if (!fp) {
            perror(argv[i]);
            failed = 1;
            continue;
        }
        count_stream(fp, &one);
        fclose(fp);
        report(&one, argv[i]);
        total.lines += one.lines;
        total.words += one.words;
        total.chars += one.chars;
    }
    if (argc > 2)
        report(&total, "total");
    return failed;
}
