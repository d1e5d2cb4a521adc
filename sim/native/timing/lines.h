/* A flash controller's cache as far as timing needs it: which sectors it holds, since when, and which line goes next. */
#ifndef SCOPELESS_LINES_H
#define SCOPELESS_LINES_H

#include <stdbool.h>
#include <stdint.h>

#define SL_MAX_LINES 1024u /* the largest one: Apollo3, 16 KiB of 16-byte lines */

/* A line may take several reads of the array to fill: its sectors. Arrays go set by set. */
typedef struct {
    unsigned sets, ways, sectors;  /* sectors: of each line; sets and sectors are powers of two */
    unsigned shift;                /* from sectors to lines */
    uint32_t number[SL_MAX_LINES]; /* line's address divided by its size */
    uint8_t valid[SL_MAX_LINES];   /* which sectors are; 0: none */
    uint64_t ready[SL_MAX_LINES];  /* last cycle of the newest read into it */
    uint64_t uses;                 /* that make a line the newest of its set, or replacements */
    uint64_t used[SL_MAX_LINES];   /* number of the newest one, times SL_MAX_LINES, plus the slot: the least is replaced next */
    uint16_t chain[SL_MAX_LINES];  /* first slot of the lines whose numbers end alike; SL_NO_SLOT: none */
    uint16_t next[SL_MAX_LINES];   /* the next one */
} sl_lines;

#define SL_NO_SLOT UINT16_MAX

/* Empties it; at most SL_MAX_LINES lines. */
void sl_lines_shape(sl_lines *cache, unsigned sets, unsigned ways, unsigned sectors);
void sl_lines_clear(sl_lines *cache);

/* The slot of a line, or SL_NO_SLOT. */
static inline unsigned sl_lines_look(const sl_lines *cache, uint32_t line)
{
    unsigned slot = cache->chain[line % SL_MAX_LINES];
    while (slot != SL_NO_SLOT && cache->number[slot] != line)
        slot = cache->next[slot];
    return slot;
}

static inline unsigned sl_lines_set(const sl_lines *cache, uint32_t line)
{
    return line & (cache->sets - 1);
}

/* Makes a line the newest of its set. */
static inline void sl_lines_renew(sl_lines *cache, unsigned slot)
{
    cache->used[slot] = ++cache->uses * SL_MAX_LINES + slot;
}

/* Whether it holds a sector, and in which slot; that slot is looked at first. `number` counts sectors. `refresh`: a hit
 * makes the line the newest of its set. */
static inline bool sl_lines_find(sl_lines *cache, uint32_t number, bool refresh, uint16_t *slot)
{
    uint32_t line = number >> cache->shift;
    unsigned found = *slot;
    if (cache->number[found] != line) {
        found = sl_lines_look(cache, line);
        if (found == SL_NO_SLOT)
            return false;
        *slot = (uint16_t)found;
    }
    if (!(cache->valid[found] >> (number & (cache->sectors - 1)) & 1))
        return false;
    if (refresh)
        sl_lines_renew(cache, found);
    return true;
}

/* Keeps a sector whose last cycle is `ready`, in a line of its own or instead of the oldest line of its set. */
void sl_lines_store(sl_lines *cache, uint32_t number, uint64_t ready);

/* Finds a sector as sl_lines_find does with `refresh`, and returns which ones of its line are valid; or 0, and keeps it. */
uint32_t sl_lines_look_up(sl_lines *cache, uint32_t number, uint16_t *slot);

#endif
