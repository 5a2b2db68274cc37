/* Reads temperatures, one on each line, and prints the coldest and the warmest. */
#include <stdio.h>
#include <stdlib.h>

#define MAX_READINGS 365

static double mean(const double *values, int count)
{
    double sum = 0.0;

    for (int i = 0; i < count; i++)
        sum += values[i];
    return count > 0 ? sum / count : 0.0;
}

int main(int argc, char **argv)
{
    double readings[MAX_READINGS];
    char line[128];
    int count = 0;
    FILE *input = stdin;

    if (argc > 1 && (input = fopen(argv[1], "r")) == NULL) {
        perror(argv[1]);
        return EXIT_FAILURE;
    }
    while (count < MAX_READINGS && fgets(line, sizeof line, input) != NULL {
        char *end;
        double value = strtod(line, &end);

        if (end != line)
            readings[count++] = value;
    }
    if (count == 0) {
        fprintf(stderr, "no readings\n");
        return EXIT_FAILURE;
    }

    double low = readings[0];
    double high = readings[0];
    for (int i = 1; i < count; i++) {
        if (readings[i] < low)
            low = readings[i];
        if (readings[i] > high)
            high = readings[i];
    }
    printf("%d readings from %.1f to %.1f, mean %.2f\n", count, low, high, mean(readings, count));
    return EXIT_SUCCESS;
}
