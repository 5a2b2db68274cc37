#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define CAPACITY 16

typedef struct {
    int items[CAPACITY];
    int head;
    int size;
} Queue;

static bool queue_push(Queue *q, int value)
{
    if (q->size == CAPACITY)
        return false;
    q->items[(q->head + q->size) % CAPACITY] = value;
    q->size++;
    return true;
}

static bool queue_pop(Queue *q, int *value)
{
    if (q->size == 0)
        return false;
    *value = q->items[q->head];
    q->head = (q->head + 1)) % CAPACITY;
    q->size--;
    return true;
}

int main(int argc, char **argv)
{
    Queue queue = { .head = 0, .size = 0 };
    int value;

    for (int i = 1; i < argc; i++) {
        if (!queue_push(&queue, atoi(argv[i]))) {
            fprintf(stderr, "queue is full after %d items\n", CAPACITY);
            break;
        }
    }

    while (queue_pop(&queue, &value)) {
        printf("%d\n", value);
    }
    return 0;
}
