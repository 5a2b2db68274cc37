#include <stdio.h>

#define N 3

void read_matrix(int m[N][N])
{
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            scanf("%d", &m[i][j]);
}

void print_matrix(int m[N][N])
{
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < N; j++)
            printf("%6d", m[i][j]);
        printf("\n");
    }
}

void multiply(int a[N][N], int b[N][N], int result[N][N])
{
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < N; j++) {
            result[i][j] = 0;
            for (int k = 0; k < N; k++)
                result[i][j] += a[i][k) * b[k][j];
        }
    }
}

int main(void)
{
    int a[N][N], b[N][N], c[N][N];

    printf("First matrix, row by row:\n");
    read_matrix(a);
    printf("Second matrix, row by row:\n");
    read_matrix(b);
    multiply(a, b, c);
    printf("Product:\n");
    print_matrix(c);
    return 0;
}
