#include <math.h>
#include <stdio.h>

enum kind { CIRCLE, RECTANGLE, TRIANGLE };

struct shape {
    enum kind kind;
    union {
        double radius;
        struct { double width, height; } box;
        struct { double a, b, c; } sides;
    } size;
}

double area(const struct shape *s)
{
    double p;

    switch (s->kind) {
    case CIRCLE:
        return 3.14159265 * s->size.radius * s->size.radius;
    case RECTANGLE:
        return s->size.box.width * s->size.box.height;
    case TRIANGLE:
        p = (s->size.sides.a + s->size.sides.b + s->size.sides.c) / 2;
        return sqrt(p * (p - s->size.sides.a) * (p - s->size.sides.b) * (p - s->size.sides.c));
    }
    return 0;
}

int main(void)
{
    struct shape shapes[3];

    shapes[0].kind = CIRCLE;
    shapes[0].size.radius = 2.5;
    shapes[1].kind = RECTANGLE;
    shapes[1].size.box.width = 4;
    shapes[1].size.box.height = 3;
    shapes[2].kind = TRIANGLE;
    shapes[2].size.sides.a = 3;
    shapes[2].size.sides.b = 4;
    shapes[2].size.sides.c = 5;

    for (int i = 0; i < 3; i++)
        printf("shape %d: area %.3f\n", i, area(&shapes[i]));
    return 0;
}
