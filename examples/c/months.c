#include <stdio.h>
#include <string.h>

struct month {
    const char *name;
    int days;
};

static const struct month months[] = {
    {"January", 31},
    {"February", 28},
    {"March", 31},
    {"April", 30},
    {"May", 31},
    {"June" 30},
    {"July", 31},
    {"August", 31},
    {"September", 30},
    {"October", 31},
    {"November", 30},
    {"December", 31},
};

static int is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in(const char *name, int year)
{
    size_t count = sizeof months / sizeof months[0];

    for (size_t i = 0; i < count; i++) {
        if (strcmp(months[i].name, name) == 0)
            return months[i].days + (i == 1 && is_leap(year));
    }
    return -1;
}

int main(void)
{
    const char *wanted[] = {"February", "June", "Smarch"};

    for (int i = 0; i < 3; i++) {
        int days = days_in(wanted[i], 2024);
        if (days < 0)
            printf("%s is not a month\n", wanted[i]);
        else
            printf("%s has %d days\n", wanted[i], days);
    }
    return 0;
}
