/* The addresses at which a run stops before it executes the instruction there. */
#ifndef SCOPELESS_BREAKPOINTS_H
#define SCOPELESS_BREAKPOINTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    uint32_t *addresses; /* rising */
    size_t count;
    uint64_t filter[16]; /* a bit for each address of a kind; clear: none of them is a breakpoint */
} sl_breakpoints;

/* `addresses`, rising. 0, or -1 when out of memory, with the old ones still there. */
static inline int sl_breakpoints_set(sl_breakpoints *breakpoints, const uint32_t *addresses, size_t count)
{
    size_t size = count * sizeof *addresses;
    uint32_t *copy = malloc(size + 1);
    if (!copy)
        return -1;
    memcpy(copy, addresses, size);
    free(breakpoints->addresses);
    *breakpoints = (sl_breakpoints){.addresses = copy, .count = count};
    for (size_t i = 0; i < count; i++)
        breakpoints->filter[addresses[i] >> 7 & 15] |= UINT64_C(1) << (addresses[i] >> 1 & 63);
    return 0;
}

static inline bool sl_is_breakpoint(const sl_breakpoints *breakpoints, uint32_t address)
{
    if (!(breakpoints->filter[address >> 7 & 15] >> (address >> 1 & 63) & 1))
        return false;
    size_t low = 0, high = breakpoints->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (breakpoints->addresses[middle] < address)
            low = middle + 1;
        else
            high = middle;
    }
    return low < breakpoints->count && breakpoints->addresses[low] == address;
}

#endif
