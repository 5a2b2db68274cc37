#include <stdio.h>

/* One list, used three times: as an enum, as names, as messages. */
#define ERRORS(X)                       \
    X(OK,       "no error")             \
    X(NOMEM,    "out of memory")        \
    X(NOFILE,   "file not found")       \
    X(BADINPUT, "input makes no sense")

enum error {
#define X(name, text) ERR_##name,
    ERRORS(X)
#undef X
    ERR_COUNT
};

static const char *const names[] = {
#define X(name, text) [ERR_##name] = #name,
    ERRORS(X)
#undef X
};

static const char *const texts[] = {
#define X(name, text) [ERR_##name] = text,
    ERRORS(X)
#undef X
};

#define CHECK(call)                                                     \
    do {                                                                \
        int check_result = (call);                                      \
        if (check_result != ERR_OK)                                     \
            fprintf(stderr, "%s:%d: %s (%s)\n", __FILE__, __LINE__,     \
                    names[check_result], texts[check_result]);          \
    } while (0)

static int parse(const char *text)
{
    return text[0] == '#' ? ERR_BADINPUT : ERR_OK;
}

int main(void)
{
    CHECK(parse("hello"));
    CHECK(parse("# a comment"));
    for (int i = 0; i < ERR_COUNT; i++)
        printf("%d\t%-10s%s\n", i, names[i], texts[i]);
    return 0;
}
