/* The buses: where fetches and data accesses meet memories and peripherals. */
#include "core.h"

/* What an access costs on a chip's peripheral buses: data cycles of the bus clock, and core cycles that read data take on
 * their way through the bridge. Sources: docs/timing/memory.md. */
typedef struct {
    uint8_t store, load, pass;
} sl_bus_timing;

enum { AHB, APB };

static const sl_bus_timing bus_timing[SL_FLASH_MODEL_COUNT][2] = {
    [SL_FLASH_IDEAL] = {{1, 1, 0}, {2, 2, 1}},
    [SL_FLASH_STM32F1] = {{1, 1, 0}, {2, 2, 1}},
    [SL_FLASH_STM32L4] = {{2, 2, 0}, {2, 2, 1}},
    [SL_FLASH_SAM3X] = {{1, 1, 0}, {2, 2, 1}},
    [SL_FLASH_K20] = {{1, 1, 0}, {2, 2, 1}},
    [SL_FLASH_K64] = {{1, 1, 0}, {2, 2, 1}},
    [SL_FLASH_NRF52] = {{1, 1, 0}, {2, 2, 1}},
    [SL_FLASH_APOLLO3] = {{1, 1, 0}, {2, 2, 1}},
};

static const sl_bus_timing *timing_of(const sl_core *core, int kind)
{
    return &bus_timing[core->settings[SL_FLASH_MODEL]][kind];
}

static uint64_t ahb_access(const sl_core *core, bool store, uint64_t start)
{
    const sl_bus_timing *timing = timing_of(core, AHB);
    return start + (store ? timing->store : timing->load) - 1u;
}

/* AHB to APB bridge: a transfer begins on an edge of the bus clock and holds the bus until it is done. */
static uint64_t apb_access(sl_core *core, int bridge, bool store, uint64_t start)
{
    const sl_bus_timing *timing = timing_of(core, APB);
    uint64_t divider = (uint64_t)core->settings[bridge ? SL_APB2_DIVIDER : SL_APB1_DIVIDER];
    uint64_t begin = later(start, core->apb_free[bridge]);
    begin = (begin + divider - 1) / divider * divider;
    uint64_t end = begin + (store ? timing->store : timing->load) * divider - 1;
    core->apb_free[bridge] = end + 1;
    return store ? end : end + timing->pass;
}

typedef uint64_t (*sl_flash_read)(sl_flash *flash, uint32_t address, uint64_t start);

/* An access on the code buses in `start`, to the flash or to RAM. Some chips lead I-Code and D-Code to one bus. */
static uint64_t code_access(sl_core *core, int bus, uint32_t address, sl_flash_read read, uint64_t *start)
{
    sl_flash *flash = &core->flash;
    if (flash->controller->shared_port)
        *start = later(*start, flash->port_free);
    uint64_t end = *start;
    if (bus == SL_BUS_FLASH)
        end = read(flash, address, *start);
    flash->port_free = end + 1;
    return end;
}

/* Where instructions come over the system bus as well, fetches go first. */
static uint64_t behind_fetch(sl_core *core, uint64_t start)
{
    sl_fetch *fetch = &core->fetch;
    if (!fetch->registered)
        return start;
    sl_fetch_commit(core, start - 1);
    return start + (fetch->earliest == start);
}

uint64_t sl_data_access(sl_core *core, int bus, uint32_t address, bool store, uint64_t start)
{
    if (bus != SL_BUS_FLASH && bus != SL_BUS_CODE && bus != SL_BUS_PPB)
        start = behind_fetch(core, start);
    switch (bus) {
    case SL_BUS_FLASH:
    case SL_BUS_CODE:
        sl_fetch_commit(core, start - 1); /* earlier fetches keep their place; at the same time D-Code comes first */
        if (core->fetch.bus == bus && (bus == SL_BUS_CODE || core->flash.wait_states == 0)) /* one port */
            core->fetch.earliest = later(core->fetch.earliest, start);
        return code_access(core, bus, address, sl_flash_data, &start);
    case SL_BUS_AHB:
        return ahb_access(core, store, start);
    case SL_BUS_APB1:
        return apb_access(core, 0, store, start);
    case SL_BUS_APB2:
        return apb_access(core, 1, store, start);
    default:
        return start;
    }
}

/* The data phase of a fetch, in `*start` or later. */
static uint64_t fetch_data(sl_core *core, uint32_t address, sl_flash_read read, uint64_t *start)
{
    int bus = core->fetch.bus;
    return bus == SL_BUS_FLASH || bus == SL_BUS_CODE ? code_access(core, bus, address, read, start) : *start;
}

/* One word fetch whose address is on the bus in `request`. */
static void fetch_word(sl_core *core, uint64_t request)
{
    sl_fetch *fetch = &core->fetch;
    unsigned slot = (fetch->next >> 2) % SL_WORD_RING;
    uint64_t start = later(request, fetch->data_end) + 1 + fetch->registered;
    uint64_t end = fetch_data(core, fetch->next, sl_flash_fetch, &start);
    fetch->waited += end - request - 1 - fetch->registered;
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
    uint64_t start = later(later(cycle, fetch->earliest), fetch->data_end) + 1 + fetch->registered;
    fetch->data_end = fetch_data(core, target, sl_flash_speculate, &start);
    fetch->earliest = start;
}
