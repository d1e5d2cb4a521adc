#ifndef FILTER_H
#define FILTER_H

#include <stddef.h>
#include <stdint.h>

#define TAPS 16

typedef struct {
    int16_t history[TAPS];
    unsigned newest;
} filter;

/* The filter's next output for its next input, both in Q15. */
int16_t filter_step(filter *f, int16_t sample);

/* CRC-32 as in IEEE 802.3, of `size` bytes. */
uint32_t crc32(const void *data, size_t size);

#endif
