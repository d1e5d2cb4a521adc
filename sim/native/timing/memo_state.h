/* How states tell times, and the part of a state that flash controllers have. */
#ifndef SCOPELESS_MEMO_STATE_H
#define SCOPELESS_MEMO_STATE_H

#include "core.h"

static inline int32_t sl_relative(const sl_core *core, uint64_t cycle)
{
    return (int32_t)(int64_t)(cycle - core->now);
}

/* `cycle`, which matters only when it is `from` or later. */
static inline int32_t sl_since(const sl_core *core, uint64_t cycle, uint64_t from)
{
    return cycle < from ? SL_PAST : sl_relative(core, cycle);
}

static inline uint64_t sl_absolute(const sl_core *core, int32_t cycle)
{
    return cycle == SL_PAST ? 0 : core->now + (uint64_t)(int64_t)cycle;
}

static inline uint64_t sl_earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

typedef struct {
    int32_t port_free;
    uint32_t phase; /* of the flash clock */
    struct {
        int32_t free;
        struct {
            uint32_t number;
            int32_t ready;
            uint32_t sectors;
        } line[5];
        uint32_t current, held;
    } bank[2];
} sl_flash_state;

/* memo_flash.c; `first`: no access that is still to come is placed in an earlier cycle. False: no state to remember. */
bool sl_flash_take(sl_core *core, sl_flash_state *state, uint64_t first);
void sl_flash_put(sl_core *core, const sl_flash_state *state);
/* Whether a load from the flash costs the same wherever it reads, but for what caches answer. */
bool sl_flash_data_alike(const sl_core *core);

#endif
