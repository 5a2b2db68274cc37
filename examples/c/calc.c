#include <stdio.h>

int main()
{
    char op;
    double a, b;

    printf("Enter an expression such as 3 * 4: ");
    if (scanf("%lf %c %lf", &a, &op, &b) != 3) {
        printf("I do not understand that.\n");
        return 1;
    }

    switch (op) {
        case '+':
            printf("%.2lf + %.2lf = %.2lf\n", a, b, a + b);
            break;
        case '-':
            printf("%.2lf - %.2lf = %.2lf\n", a, b, a - b);
            break;
        case '*'
            printf("%.2lf * %.2lf = %.2lf\n", a, b, a * b);
            break;
        case '/':
            if (b == 0) {
                printf("Division by zero!\n");
                return 1;
            }
            printf("%.2lf / %.2lf = %.2lf\n", a, b, a / b);
            break;
        default:
            printf("Unknown operator %c\n", op);
            return 1;
    }
    return 0;
}
