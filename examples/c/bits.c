#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static int popcount(uint32_t x)
{
    int count = 0;

    while (x != 0) {
        x &= x - 1;
        count++;
    }
    return count;
}

static uint32_t reverse(uint32_t x)
{
    uint32_t result = 0;

    for (int i = 0; i < 32; i++) {
        result = (result << 1) | (x & 1);
        x >>= 1;
    }
    return result;
}

static void print_binary(uint32_t x)
{
    for (int bit = 31; bit >= 0; bit--) {
        putchar(x & (UINT32_C(1) << bit) ? '1' : '0');
        if (bit % 8 == 0 && bit > 0)
            putchar('_');
    }
    putchar('\n');
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s NUMBER\n", argv[0]);
        return 2;
    }

    uint32_t number = (uint32_t)strtoul(argv[1], NULL, 0);
    printf("binary   ");
    print_binary(number);
    printf("reversed ");
    print_binary(reverse(number);)
    printf("%d bits are set\n", popcount(number));
    return 0;
}
