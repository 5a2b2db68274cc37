#include <stdio.h>

#define STUDENTS 5

// average of n marks
float average(int marks[], int n)
{
    int i, total = 0;
    for (i = 0; i < n; i++) {
        total = total + marks[i];
    }
    return (float) total / n;
}

char grade(float avg)
{
    if (avg >= 90)
        return 'A';
    else if (avg >= 75)
        return 'B';
    else if (avg >= 60)
        return 'C';
    else
        return 'F';
}

int main()
{
    int marks[STUDENTS];
    int i;
    float avg;

    printf("Enter the marks of %d students:\n", STUDENTS);
    for (i = 0; i < STUDENTS; i++) {
        printf("Student %d: ", i + 1);
        scanf("%d", &marks[i]);
    }

    avg = average(marks, STUDENTS)
    printf("Average = %.2f\n", avg);
    printf("Grade   = %c\n", grade(avg));

    for (i = 0; i < STUDENTS; i++) {
        if (marks[i] > avg) {
            printf("Student %d is above average\n", i + 1);
        }
    }
    return 0;
}
