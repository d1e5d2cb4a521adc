/* Keeps Unicorn on the way that a recorded trace of instructions took: core.h, sl_follow_step. */
#include "core.h"

#include <string.h>

#define IT_MASK 0xFF00u
#define IT_CODE 0xBF00u /* IT: 1011 1111 cccc mmmm with a mask other than 0 (DDI 0403 A7.7.38) */

void sl_follow(sl_core *core, const sl_record *records, size_t count)
{
    core->follow.records = records;
    core->follow.count = count;
    core->follow.at = 0;
    core->follow.stop = false;
    sl_attend(core);
}

size_t sl_followed(const sl_core *core)
{
    return core->follow.at;
}

static uint32_t bytes_at(const sl_region *region, uint32_t address)
{
    uint32_t raw = 0, left = region->size - (address - region->base);
    memcpy(&raw, region->host + (address - region->base), left < 4 ? left : 4);
    return raw;
}

/* Instructions that an IT covers: the lowest bit set of its mask ends them. */
static unsigned covered(uint32_t raw)
{
    if ((raw & IT_MASK) != IT_CODE || !(raw & 15))
        return 0;
    return 4u - (unsigned)__builtin_ctz(raw & 15);
}

/* Whether the bytes of a record are `raw`. Renode has written the halves of a long instruction in both orders. */
static bool has_bytes(const sl_record *record, uint32_t raw)
{
    if (record->size == 4)
        return record->raw == raw || record->raw == (raw >> 16 | raw << 16);
    return record->size == 0 || record->raw == (raw & UINT16_MAX);
}

void sl_follow_step(sl_core *core, uint32_t address)
{
    sl_follow_state *follow = &core->follow;
    follow->stop = true;
    follow->before = follow->at;
    follow->it_before = follow->it;
    /* Unicorn leaves out what an IT block skips, the trace does not. */
    for (; follow->it && follow->at < follow->count; follow->at++, follow->it--) {
        uint32_t pc = follow->records[follow->at].pc;
        if (pc == address || address - pc > 16)
            break;
    }
    size_t left = follow->count - follow->at;
    const sl_record *record = &follow->records[follow->at];
    if (!left || record->pc != address)
        return;
    const sl_region *region = sl_find_region(core, address);
    uint32_t raw = region && region->host ? bytes_at(region, address) : record->raw;
    if (!has_bytes(record, raw))
        return;
    if (covered(raw) >= left) /* a run cannot stop within an IT block: first have all of it */
        return;
    if (follow->it)
        follow->it--;
    if (covered(raw))
        follow->it = covered(raw);
    follow->at++;
    follow->stop = false;
}

void sl_follow_undo(sl_core *core)
{
    core->follow.at = core->follow.before;
    core->follow.it = core->follow.it_before;
}
