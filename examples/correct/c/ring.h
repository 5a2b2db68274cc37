#ifndef RING_H
#define RING_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A ring of bytes between one writer and one reader. */
typedef struct ring {
    unsigned char *bytes;
    size_t capacity;
    size_t head, tail;
} ring_t;

#define RING_INIT(array) { (array), sizeof(array), 0, 0 }
#define RING_FOREACH(r, i) \
    for (size_t i = (r)->tail; i != (r)->head; i = (i + 1) % (r)->capacity)

#if defined(__GNUC__) || defined(__clang__)
#  define RING_UNUSED __attribute__((unused))
#else
#  define RING_UNUSED
#endif

size_t ring_write(ring_t *ring, const void *data, size_t n);
size_t ring_read(ring_t *ring, void *data, size_t n);

static inline size_t RING_UNUSED ring_used(const ring_t *ring)
{
    return (ring->head + ring->capacity - ring->tail) % ring->capacity;
}

#ifdef __cplusplus
}
#endif

#endif /* RING_H */
