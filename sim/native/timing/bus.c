/* The buses: where fetches and data accesses meet memories and peripherals. */
#include "core.h"

static uint64_t later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* AHB to APB bridge of the STM32F1. A transfer takes a set-up and an access cycle of the APB (AMBA APB, IHI 0024);
 * read data pass one more core cycle through the bridge. Sources and the loops that decide: docs/timing.md. */
static uint64_t apb_access(sl_core *core, int bridge, bool store, uint64_t start)
{
    uint64_t divider = (uint64_t)core->settings[bridge ? SL_APB2_DIVIDER : SL_APB1_DIVIDER];
    uint64_t begin = later(start, core->apb_free[bridge]);
    begin = (begin + divider - 1) / divider * divider; /* to the next APB clock edge */
    uint64_t end = begin + 2 * divider - 1;
    core->apb_free[bridge] = end + 1;
    return store ? end : end + 1;
}

uint64_t sl_data_access(sl_core *core, int bus, uint32_t address, bool store, uint64_t start)
{
    switch (bus) {
    case SL_BUS_FLASH:
        sl_fetch_commit(core, start - 1); /* earlier fetches keep their place; at the same time D-Code comes first */
        return sl_flash_data(&core->flash, address, start);
    case SL_BUS_APB1:
        return apb_access(core, 0, store, start);
    case SL_BUS_APB2:
        return apb_access(core, 1, store, start);
    default:
        return start;
    }
}

/* One word fetch whose address is on the bus in `request`. */
static void fetch_word(sl_core *core, uint64_t request)
{
    sl_fetch *fetch = &core->fetch;
    unsigned slot = (fetch->next >> 2) % SL_WORD_RING;
    uint64_t start = later(request, fetch->data_end) + 1;
    uint64_t end = fetch->bus == SL_BUS_FLASH ? sl_flash_fetch(&core->flash, fetch->next, start) : start;
    fetch->waited += end - request - 1;
    fetch->data_end = end;
    fetch->ready[slot] = end + 1;
    fetch->earliest = start;
    fetch->next += 4;
}

void sl_fetch_commit(sl_core *core, uint64_t cycle)
{
    sl_fetch *fetch = &core->fetch;
    while (fetch->next < fetch->known) {
        uint64_t request = later(fetch->earliest, fetch->slot[(fetch->next >> 2) % SL_WORD_RING]);
        if (request >= cycle)
            break;
        fetch_word(core, request);
    }
}

uint64_t sl_fetch_ready(sl_core *core, uint32_t address)
{
    sl_fetch *fetch = &core->fetch;
    uint32_t word = address & ~3u;
    while (fetch->next <= word) {
        uint64_t request = fetch->earliest;
        if (fetch->next < fetch->known)
            request = later(request, fetch->slot[(fetch->next >> 2) % SL_WORD_RING]);
        fetch_word(core, request);
    }
    return fetch->ready[(word >> 2) % SL_WORD_RING];
}

void sl_fetch_waste(sl_core *core, uint32_t target, uint64_t cycle)
{
    sl_fetch *fetch = &core->fetch;
    sl_fetch_commit(core, cycle);
    uint64_t start = later(later(cycle, fetch->earliest), fetch->data_end) + 1;
    fetch->data_end = fetch->bus == SL_BUS_FLASH ? sl_flash_fetch(&core->flash, target, start) : start;
    fetch->earliest = start;
}
