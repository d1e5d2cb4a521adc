#include "filter.h"

/* Low pass: a Hamming window of 16 points, scaled to a sum of one, in Q15. */
static const int16_t taps[TAPS] = {
    320, 480, 930, 1594, 2356, 3085, 3654, 3965, 3965, 3654, 3085, 2356, 1594, 930, 480, 320,
};

int16_t filter_step(filter *f, int16_t sample)
{
    f->newest = (f->newest + 1) % TAPS;
    f->history[f->newest] = sample;
    int32_t sum = 0;
    for (unsigned i = 0; i < TAPS; i++)
        sum += taps[i] * f->history[(f->newest - i) % TAPS];
    return (int16_t)(sum >> 15);
}

uint32_t crc32(const void *data, size_t size)
{
    uint32_t crc = ~0u;
    for (const uint8_t *byte = data; size--; byte++) {
        crc ^= *byte;
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
    }
    return ~crc;
}
