#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#ifndef VERSION
# define VERSION "unknown"
#endif

#ifdef _WIN32
#include <io.h>
#define isatty _isatty
#else
#include <unistd.h>
#endif

struct options {
    bool verbose, colour;
    const char *output;
    int jobs;
};

static void usage(const char *program, int status)
{
    fprintf(status ? stderr : stdout,
            "usage: %s [-hVv] [-j JOBS] [-o FILE] [--] FILE...\n"
            "\n"
            "  -j JOBS  run that many jobs at once (default: 1)\n"
            "  -o FILE  write to FILE; \"-\" is standard output\n"
            "  -v       say what is being done\n", program);
    exit(status);
}

static struct options parse(int argc, char **argv)
{
    struct options opts = { .output = "-", .jobs = 1 };
    int c;

    while ((c = getopt(argc, argv, "hVvj:o:")) != -1)
        switch (c) {
        case 'h': usage(argv[0], 0); break;
        case 'V': puts("example " VERSION); exit(0);
        case 'v': opts.verbose = true; break;
        case 'j': opts.jobs = atoi(optarg); break;
        case 'o': opts.output = optarg; break;
        default: usage(argv[0], 2);
        }
    if (opts.jobs < 1)
        opts.jobs = 1;
    opts.colour = isatty(1);
    return opts;
}

int main(int argc, char **argv)
{
    const struct options opts = parse(argc, argv);
    void (*const print)(const char *) = (void (*)(const char *))puts;

    for (int i = optind; i < argc; i++)
#ifdef DEBUG
        printf("%d: %s\n", i, argv[i]);
#else
        print(argv[i]);
#endif
    return opts.verbose && opts.jobs > 1 ? 1 : 0;
}
