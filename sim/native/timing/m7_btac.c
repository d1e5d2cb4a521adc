/* The Cortex-M7's branch target address cache: which branches it holds and what it believes of them. */
#include "m7.h"

static const sl_btac_entry *find(const struct sl_m7 *m7, uint32_t branch)
{
    const sl_btac_entry *set = m7->btac[(branch >> 3) % SL_BTAC_SETS];
    for (unsigned way = 0; way < SL_BTAC_WAYS; way++)
        if (set[way].branch == branch)
            return &set[way];
    return NULL;
}

uint32_t sl_btac_taken(const struct sl_m7 *m7, uint32_t branch)
{
    const sl_btac_entry *entry = find(m7, branch);
    return entry ? 1 + (entry->taken >= 2) : 0;
}

uint32_t sl_btac_target(const struct sl_m7 *m7, uint32_t branch)
{
    return find(m7, branch)->target;
}

void sl_btac_learn(struct sl_m7 *m7, uint32_t branch, bool taken, uint32_t target)
{
    sl_btac_entry *set = m7->btac[(branch >> 3) % SL_BTAC_SETS], *entry = NULL;
    for (unsigned way = 0; way < SL_BTAC_WAYS && !entry; way++)
        if (set[way].branch == branch)
            entry = &set[way];
    if (!entry) {
        if (!taken)
            return;
        entry = set[0].age >= set[1].age ? &set[0] : &set[1];
        *entry = (sl_btac_entry){.branch = branch, .target = target, .taken = 2};
    } else if (taken) {
        entry->target = target;
        entry->taken += entry->taken < 3;
    } else {
        entry->taken -= entry->taken > 0;
    }
    set[0].age = set[1].age = 1;
    entry->age = 0;
}
