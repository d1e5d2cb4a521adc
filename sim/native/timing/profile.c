/* Cycles and executions by instruction address, while a profile is running. */
#include <stdlib.h>
#include <string.h>

#include "core.h"

#define FIRST_SIZE 4096u /* rows; a power of two */

static size_t slot_of(const sl_profile *profile, uint32_t address)
{
    size_t slot = (address >> 1) * 2654435761u & (profile->size - 1); /* Knuth's multiplicative hashing */
    while (profile->rows[slot].executions != 0 && profile->rows[slot].address != address)
        slot = (slot + 1) & (profile->size - 1);
    return slot;
}

static bool grow(sl_profile *profile)
{
    sl_profile old = *profile;
    profile->size = old.size ? old.size * 2 : FIRST_SIZE;
    profile->rows = calloc(profile->size, sizeof *profile->rows);
    if (!profile->rows) {
        *profile = old;
        return false;
    }
    for (size_t i = 0; i < old.size; i++)
        if (old.rows[i].executions != 0)
            profile->rows[slot_of(profile, old.rows[i].address)] = old.rows[i];
    free(old.rows);
    return true;
}

/* What has passed so far is accounted for. */
static void settle(sl_core *core)
{
    core->profile.since = core->now;
    memcpy(core->profile.causes, core->counters + SL_CYCLES_ISSUE, sizeof core->profile.causes);
}

void sl_profile_add(sl_core *core, uint32_t address)
{
    sl_profile *profile = &core->profile;
    size_t slot = slot_of(profile, address);
    if (profile->rows[slot].executions == 0) {
        if (profile->used * 2 >= profile->size) {
            if (!grow(profile))
                return;
            slot = slot_of(profile, address);
        }
        profile->rows[slot].address = address;
        profile->used++;
    }
    sl_profile_row *row = &profile->rows[slot];
    row->executions++;
    row->cycles += core->now - profile->since;
    for (int cause = 0; cause < SL_CAUSE_COUNT; cause++)
        row->causes[cause] += core->counters[SL_CYCLES_ISSUE + cause] - profile->causes[cause];
    settle(core);
}

void sl_profile_sleep(sl_core *core, uint64_t cycles)
{
    core->profile.since += cycles;
    core->profile.causes[SL_CYCLES_SLEEP - SL_CYCLES_ISSUE] += cycles;
}

int sl_profile_start(sl_core *core)
{
    sl_memo_leave(core);
    sl_profile_free(core);
    if (!grow(&core->profile))
        return -1;
    sl_memo_count(core);
    settle(core);
    return 0;
}

size_t sl_profile_stop(sl_core *core, sl_profile_row *rows, size_t capacity)
{
    size_t used = core->profile.used, n = 0;
    if (rows && capacity >= used) {
        for (size_t i = 0; i < core->profile.size; i++)
            if (core->profile.rows[i].executions != 0)
                rows[n++] = core->profile.rows[i];
        sl_profile_free(core);
    }
    return used;
}

void sl_profile_free(sl_core *core)
{
    free(core->profile.rows);
    memset(&core->profile, 0, sizeof core->profile);
}
