#include "lines.h"

#include <string.h>


void sl_lines_clear(sl_lines *cache)
{
    memset(cache->number, 0xff, sizeof cache->number);
    memset(cache->valid, 0, sizeof cache->valid);
    memset(cache->chain, 0xff, sizeof cache->chain);
    cache->uses = 0;
    for (unsigned slot = 0; slot < SL_MAX_LINES; slot++)
        cache->used[slot] = slot;
}

void sl_lines_shape(sl_lines *cache, unsigned sets, unsigned ways, unsigned sectors)
{
    cache->sets = sets;
    cache->ways = ways;
    cache->sectors = sectors;
    cache->shift = sectors ? (unsigned)__builtin_ctz(sectors) : 0;
    sl_lines_clear(cache);
}

static void unchain(sl_lines *cache, unsigned slot)
{
    uint16_t *link = &cache->chain[cache->number[slot] % SL_MAX_LINES];
    while (*link != slot)
        link = &cache->next[*link];
    *link = cache->next[slot];
}

static void keep(sl_lines *cache, unsigned slot, uint32_t number)
{
    cache->valid[slot] |= (uint8_t)(1u << (number & (cache->sectors - 1)));
}

static inline uint64_t lesser(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* The slot of a set that is to be replaced. Four at a time: the host need not wait for one comparison to start the next. */
static unsigned oldest(const sl_lines *cache, unsigned set)
{
    const uint64_t *used = &cache->used[set * cache->ways], *end = used + cache->ways;
    uint64_t a = UINT64_MAX, b = a, c = a, d = a;
    for (; end - used >= 4; used += 4) {
        a = lesser(a, used[0]);
        b = lesser(b, used[1]);
        c = lesser(c, used[2]);
        d = lesser(d, used[3]);
    }
    for (; used < end; used++)
        a = lesser(a, *used);
    return lesser(lesser(a, b), lesser(c, d)) % SL_MAX_LINES;
}

/* The slot of a line that the cache does not hold yet. */
static unsigned replace_oldest(sl_lines *cache, uint32_t line)
{
    unsigned slot = oldest(cache, sl_lines_set(cache, line));
    if (cache->valid[slot])
        unchain(cache, slot);
    cache->number[slot] = line;
    cache->valid[slot] = 0;
    cache->next[slot] = cache->chain[line % SL_MAX_LINES];
    cache->chain[line % SL_MAX_LINES] = (uint16_t)slot;
    sl_lines_renew(cache, slot);
    return slot;
}

void sl_lines_store(sl_lines *cache, uint32_t number, uint64_t ready)
{
    uint32_t line = number >> cache->shift;
    unsigned slot = sl_lines_look(cache, line);
    if (slot == SL_NO_SLOT)
        slot = replace_oldest(cache, line);
    keep(cache, slot, number);
    cache->ready[slot] = ready;
}

uint32_t sl_lines_look_up(sl_lines *cache, uint32_t number, uint16_t *hint)
{
    uint32_t line = number >> cache->shift;
    unsigned slot = *hint;
    if (cache->number[slot] != line) {
        slot = sl_lines_look(cache, line);
        if (slot == SL_NO_SLOT)
            slot = replace_oldest(cache, line);
        *hint = (uint16_t)slot;
    }
    uint32_t valid = cache->valid[slot];
    if (valid >> (number & (cache->sectors - 1)) & 1) {
        sl_lines_renew(cache, slot);
        return valid;
    }
    keep(cache, slot, number);
    return 0;
}
