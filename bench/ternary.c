/* Products with ternary matrices by additions and subtractions alone. bench/ternary.py compiles and calls this.

   x        blocks of tokens, in each the columns one after another, in each LANES tokens side by side
   columns  of row after row: first those of weight 1, then those of weight -1
   starts   where in `columns` these begin: 2 * n_rows + 1 numbers
   y        blocks of tokens, in each the rows, in each LANES tokens; the rows' scales are not in it */

#include <stdint.h>

enum { LANES = 64, VECTORS = 4 };

typedef float Vector __attribute__((vector_size(64), aligned(4)));

/* Two at a time: the sums of one vector wait for each other, those of a pair do not. */
static inline void gather(const float *x, const uint16_t *columns, int32_t n, Vector sums[VECTORS])
{
    int32_t k = 0;
    for (; k + 1 < n; k += 2) {
        const Vector *a = (const Vector *)(x + LANES * columns[k]);
        const Vector *b = (const Vector *)(x + LANES * columns[k + 1]);
        for (int i = 0; i < VECTORS; i++)
            sums[i] += a[i] + b[i];
    }
    if (k < n) {
        const Vector *a = (const Vector *)(x + LANES * columns[k]);
        for (int i = 0; i < VECTORS; i++)
            sums[i] += a[i];
    }
}

void ternary(const float *x, const uint16_t *columns, const int32_t *starts, float *y, int32_t n_rows,
             int32_t n_columns, int32_t n_blocks)
{
    for (int32_t block = 0; block < n_blocks; block++, x += LANES * n_columns) {
        for (int32_t row = 0; row < n_rows; row++, y += LANES) {
            const int32_t *at = starts + 2 * row;
            Vector plus[VECTORS] = {{0}}, minus[VECTORS] = {{0}};
            gather(x, columns + at[0], at[1] - at[0], plus);
            gather(x, columns + at[1], at[2] - at[1], minus);
            for (int i = 0; i < VECTORS; i++)
                ((Vector *)y)[i] = plus[i] - minus[i];
        }
    }
}
