#include "cache.h"

#include <string.h>

void sl_cache_reset(sl_cache *cache, unsigned ways, unsigned sets)
{
    cache->ways = ways;
    cache->sets = sets;
    cache->random = 1;
    sl_cache_invalidate(cache);
}

void sl_cache_invalidate(sl_cache *cache)
{
    memset(cache->line, 0xff, sizeof cache->line);
    memset(cache->dirty, 0, sizeof cache->dirty);
}

int sl_cache_find(const sl_cache *cache, uint32_t line)
{
    unsigned slot = line & (cache->sets - 1);
    for (unsigned way = 0; way < cache->ways; way++, slot += cache->sets)
        if (cache->line[slot] == line)
            return (int)slot;
    return -1;
}

void sl_cache_drop(sl_cache *cache, uint32_t line)
{
    int slot = sl_cache_find(cache, line);
    if (slot >= 0) {
        cache->line[slot] = SL_NO_LINE;
        cache->dirty[slot] = false;
    }
}

/* An invalid way first, else a pseudo-random one: a 16-bit Galois shift register that steps with every choice. Arm does
 * not publish the real sequence; docs/timing/m7.md says what the choice is worth. */
static unsigned victim(sl_cache *cache, uint32_t line)
{
    unsigned set = line & (cache->sets - 1);
    for (unsigned way = 0; way < cache->ways; way++)
        if (cache->line[set + way * cache->sets] == SL_NO_LINE)
            return set + way * cache->sets;
    cache->random = (cache->random >> 1) ^ (cache->random & 1 ? 0xB400u : 0);
    return set + cache->random % cache->ways * cache->sets;
}

bool sl_cache_allocate(sl_cache *cache, uint32_t line, bool dirty)
{
    unsigned slot = victim(cache, line);
    bool written_back = cache->dirty[slot];
    cache->line[slot] = line;
    cache->dirty[slot] = dirty;
    return written_back;
}
