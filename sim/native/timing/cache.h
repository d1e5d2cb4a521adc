/* A set-associative cache as far as timing needs it: which lines it holds. Cortex-M7 TRM DDI 0489F, 5.9. */
#ifndef SCOPELESS_CACHE_H
#define SCOPELESS_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#define SL_LINE_BYTES 32u /* DDI 0489F 5.9; CTR reads eight words */
#define SL_CACHE_LINES 128u /* 4 KiB */

typedef struct {
    unsigned ways, sets;
    uint32_t line[SL_CACHE_LINES]; /* address / 32, way after way; SL_NO_LINE where invalid */
    bool dirty[SL_CACHE_LINES];
    uint32_t random; /* state of the replacement's shift register */
} sl_cache;

#define SL_NO_LINE UINT32_MAX

/* `ways` * `sets` lines, at most SL_CACHE_LINES, all invalid; `sets` is a power of two. */
void sl_cache_reset(sl_cache *cache, unsigned ways, unsigned sets);
void sl_cache_invalidate(sl_cache *cache);
void sl_cache_drop(sl_cache *cache, uint32_t line);
/* The slot that holds `line`, or -1. */
int sl_cache_find(const sl_cache *cache, uint32_t line);
/* Puts `line` in, where it is not yet; true where a dirty line has to be written back for it. */
bool sl_cache_allocate(sl_cache *cache, uint32_t line, bool dirty);

#endif
