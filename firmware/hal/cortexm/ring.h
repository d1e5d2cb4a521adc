/* Byte queue between an interrupt handler and the main program: one side puts, the other gets. */
#ifndef RING_H
#define RING_H

#include <stdbool.h>
#include <stdint.h>

#define RING_SIZE 128u /* a power of two */

struct ring {
    volatile uint32_t put, got; /* running totals */
    uint8_t bytes[RING_SIZE];
};

static inline bool ring_empty(const struct ring *ring)
{
    return ring->put == ring->got;
}

static inline bool ring_full(const struct ring *ring)
{
    return ring->put - ring->got == RING_SIZE;
}

static inline void ring_put(struct ring *ring, uint8_t byte)
{
    ring->bytes[ring->put % RING_SIZE] = byte;
    __asm__ volatile("" ::: "memory"); /* the byte before the count */
    ring->put++;
}

static inline uint8_t ring_get(struct ring *ring)
{
    uint8_t byte = ring->bytes[ring->got % RING_SIZE];
    __asm__ volatile("" ::: "memory");
    ring->got++;
    return byte;
}

#endif
