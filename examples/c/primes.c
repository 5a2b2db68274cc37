#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Sieve of Eratosthenes up to a limit given on the command line.
int main(int argc, char *argv[])
{
    int limit = argc > 1 ? atoi(argv[1]) : 100;
    if (limit < 2) {
        fprintf(stderr, "the limit must be at least 2\n");
        return 1;
    }

    char *composite = malloc(limit + 1);
    if (!composite) {
        fprintf(stderr, "not enough memory for %d\n", limit);
        return 1;
    }
    memset(composite, 0, limit + 1);

    for (int p = 2; p * p <= limit; p++) {
        if (composite[p])
            continue;
        for (int multiple = p * p; multiple <= limit; multiple += p)
            composite[multiple] = 1;
    }

    int count = 0;
    for (int n = 2, n <= limit; n++) {
        if (!composite[n]) {
            printf("%d%c", n, ++count % 10 == 0 ? '\n' : ' ');
        }
    }
    printf("\n%d primes up to %d\n", count, limit);
    free(composite);
    return 0;
}
