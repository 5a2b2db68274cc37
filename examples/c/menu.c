#include <stdio.h>
#include <stdlib.h>

/* A small bank account with a text menu. */

static double balance = 0.0;

void deposit(void)
{
    double amount;

    printf("Amount to deposit: ");
    if (scanf("%lf", &amount) != 1 || amount <= 0) {
        printf("Not a valid amount.\n");
        return;
    }
    balance += amount;
    printf("New balance: %.2f\n", balance);
}

void withdraw(void)
{
    double amount;

    printf("Amount to withdraw: ");
    if (scanf("%lf", &amount) != 1 || amount <= 0) {
        printf("Not a valid amount.\n");
        return;
    }
    if (amount > balance) {
        printf("You only have %.2f\n, balance);
        return;
    }
    balance -= amount;
    printf("New balance: %.2f\n", balance);
}

int main(void)
{
    int choice;

    for (;;) {
        printf("\n1. Deposit\n2. Withdraw\n3. Quit\n");
        printf("Your choice: ");
        if (scanf("%d", &choice) != 1)
            break;
        if (choice == 1)
            deposit();
        else if (choice == 2)
            withdraw();
        else if (choice == 3)
            break;
        else
            printf("Please enter 1, 2 or 3.\n");
    }
    printf("Goodbye!\n");
    return 0;
}
