/* What loads, stores and line fills of the Cortex-M7 wait for. */
#include "m7.h"

/* From the AXI port to a memory behind the AXI-to-AHB bridge and back, without the memory's own cycles. Measured on an
 * STM32F767 with its flash at 0 wait states: loops whose prefetching leaves the line cost 15 and 16 cycles instead of 4
 * (dwelch67/stm32_samples, NUCLEO-F767ZI/perf01); docs/timing/m7.md derives 4 from them. */
#define AXI_WAY 4
/* From the core to a register on the AHB behind the peripheral port: bus register, address phase, data phase. */
#define AHBP_WAY 3
/* RM0385 6.2: ports change every two clock cycles at most. */
#define AHBP_STORE 2
#define ART_LINES 64u /* RM0385 3.3.4 */

static int bus_of(sl_core *core, uint32_t address)
{
    const sl_region *region = core->data_region;
    if (address - region->base >= region->size) {
        region = sl_find_region(core, address);
        if (!region)
            return SL_BUS_NONE;
        core->data_region = region;
    }
    return region->bus;
}

uint64_t sl_fill_beat(const sl_fill *fill, uint32_t address)
{
    if (fill->line != address / SL_LINE_BYTES)
        return UINT64_MAX;
    unsigned quarter = address / 8 % 4;
    if (quarter < fill->first && !fill->wraps)
        return UINT64_MAX;
    return fill->beat + (uint64_t)((quarter - fill->first) % 4 * fill->spacing);
}

/* The flash is read 256 bits at once in 1 + WS cycles and answers in 64-bit beats (RM0385 3.3.2); SRAM1 and SRAM2 answer
 * in two 32-bit transfers for each beat (RM0385 2.1: 32-bit AHB behind the bridge). */
sl_fill sl_m7_line_fill(sl_core *core, int bus, uint32_t address, uint64_t cycle, bool wraps)
{
    struct sl_m7 *m7 = core->m7;
    bool flash = bus == SL_BUS_AXI_FLASH;
    uint64_t *free = flash ? &m7->flash_free : &m7->ram_free;
    sl_fill fill = {.line = address / SL_LINE_BYTES, .first = address / 8 % 4, .spacing = flash ? 1 : 2, .wraps = wraps};
    uint64_t launch = later(cycle, *free);
    unsigned beats = wraps ? 4 : 4 - fill.first;
    fill.beat = launch + AXI_WAY + (flash ? 1 + (uint64_t)core->settings[SL_FLASH_WAIT_STATES] : 2);
    fill.end = fill.beat + (uint64_t)(beats - 1) * fill.spacing;
    *free = fill.end + 1;
    return fill;
}

/* RM0385 3.3.4: the accelerator holds 64 lines of 256 bits and reads the next line ahead where that is enabled. */
uint64_t sl_m7_itcm_flash(sl_core *core, uint32_t block, uint64_t cycle)
{
    struct sl_m7 *m7 = core->m7;
    uint64_t wait_states = (uint64_t)core->settings[SL_FLASH_WAIT_STATES], ready = cycle;
    uint32_t line = block / SL_LINE_BYTES;
    if (m7->art_line == line) {
        ready = later(cycle, m7->art_ready);
    } else if (core->settings[SL_FLASH_PREFETCH] && m7->art_line + 1 == line) {
        ready = later(cycle, later(m7->art_ready, m7->art_started) + wait_states + 1);
    } else if (!core->settings[SL_FLASH_ICACHE] || !sl_m7_ask_cache(core, SL_CACHE_HIT, SL_TABLE_ACCELERATOR, line, false)) {
        ready = later(cycle, m7->art_ready) + wait_states;
    }
    if (m7->art_line != line) {
        m7->art_line = line;
        m7->art_started = cycle;
        m7->art_ready = ready;
        if (core->settings[SL_FLASH_ICACHE] && !sl_m7_ask_cache(core, SL_CACHE_HIT, SL_TABLE_ACCELERATOR, line, false))
            sl_m7_ask_cache(core, SL_CACHE_FILL, SL_TABLE_ACCELERATOR, line, false);
    }
    return ready - cycle;
}

static uint64_t apb(const sl_core *core, int bus)
{
    int64_t divider = core->settings[bus == SL_BUS_APB1 ? SL_APB1_DIVIDER : SL_APB2_DIVIDER];
    return bus == SL_BUS_AHBP || bus == SL_BUS_AHB ? 0 : 2 * (uint64_t)divider; /* set-up and access: IHI 0024 */
}

/* Loads from registers wait for the answer, in order behind the stores before them. */
static uint64_t peripheral_load(sl_core *core, int bus, uint64_t cycle)
{
    struct sl_m7 *m7 = core->m7;
    uint64_t start = later(cycle, m7->peripheral_free), wait = start - cycle + AHBP_WAY + apb(core, bus);
    m7->peripheral_free = m7->peripheral_store_free = cycle + wait;
    core->access_cycle = cycle + wait;
    return wait;
}

static uint64_t axi_load(sl_core *core, int bus, uint32_t address, uint64_t cycle)
{
    struct sl_m7 *m7 = core->m7;
    if (core->settings[SL_L1_DCACHE]) {
        uint32_t line = address / SL_LINE_BYTES;
        if (!sl_m7_ask_cache(core, SL_CACHE_HIT, SL_TABLE_DATA, line, false)) {
            m7->data_fill = sl_m7_line_fill(core, bus, address, later(cycle, m7->data_fill.end + 1), true);
            if (sl_m7_ask_cache(core, SL_CACHE_FILL, SL_TABLE_DATA, line, false))
                m7->ram_free += 8; /* eight words written back */
        }
        uint64_t beat = sl_fill_beat(&m7->data_fill, address);
        return beat != UINT64_MAX && beat > cycle ? beat - cycle : 0;
    }
    bool flash = bus == SL_BUS_AXI_FLASH;
    uint64_t *free = flash ? &m7->flash_free : &m7->ram_free, start = later(cycle, *free);
    uint64_t end = start + AXI_WAY + (flash ? 1 + (uint64_t)core->settings[SL_FLASH_WAIT_STATES] : 1);
    *free = end + 1;
    return end - cycle;
}

uint64_t sl_m7_load(sl_core *core, uint32_t address, uint64_t cycle)
{
    int bus = bus_of(core, address);
    core->access_cycle = cycle;
    core->access_bus = bus;
    switch (bus) {
    case SL_BUS_AXI_FLASH:
    case SL_BUS_AXI_SRAM:
        return axi_load(core, bus, address, cycle + 1);
    case SL_BUS_ITCM_FLASH:
        return sl_m7_itcm_flash(core, address & ~7u, cycle);
    case SL_BUS_AHBP:
    case SL_BUS_AHB:
    case SL_BUS_APB1:
    case SL_BUS_APB2:
        return peripheral_load(core, bus, cycle);
    default:
        return 0;
    }
}

static bool tightly_coupled_or_cached(const sl_core *core, int bus)
{
    return bus == SL_BUS_TCM || bus == SL_BUS_CODE || bus == SL_BUS_SYSTEM ||
           (bus == SL_BUS_AXI_SRAM && core->settings[SL_L1_DCACHE]);
}

/* A store waits only for room in the store buffer: four entries, since the fifth slow store in a row waits (JNK,
 * "stores"). It leaves the buffer from the cycle after its data are there. */
uint64_t sl_m7_store(sl_core *core, uint32_t address, unsigned width, uint64_t cycle)
{
    struct sl_m7 *m7 = core->m7;
    int bus = bus_of(core, address);
    uint64_t entry = m7->stores[m7->store], wait = entry > cycle ? entry - cycle : 0;
    uint64_t start = later(cycle + wait, m7->store_start + 1), end = start + 1;
    m7->store_start = start;
    core->access_cycle = start;
    core->access_bus = bus;
    switch (bus) {
    case SL_BUS_AHBP:
    case SL_BUS_AHB:
    case SL_BUS_APB1:
    case SL_BUS_APB2:
        start = later(start + 3, m7->peripheral_store_free); /* data leave EX4 */
        end = m7->peripheral_store_free = start + AHBP_STORE + apb(core, bus);
        m7->peripheral_free = end - 1; /* a load's address phase goes beside the data phase */
        core->access_cycle = end;
        break;
    case SL_BUS_AXI_SRAM:
        if (core->settings[SL_L1_DCACHE]) {
            uint32_t line = address / SL_LINE_BYTES;
            bool hit = sl_m7_ask_cache(core, SL_CACHE_STORE, SL_TABLE_DATA, line, false);
            if (!hit) { /* write-allocate: filled behind the store's back */
                m7->data_fill = sl_m7_line_fill(core, bus, address, later(start, m7->data_fill.end + 1), true);
                if (sl_m7_ask_cache(core, SL_CACHE_FILL, SL_TABLE_DATA, line, true))
                    m7->ram_free += 8;
            }
        } else {
            end = later(start, m7->ram_free) + 2;
            m7->ram_free = end;
        }
        break;
    default:
        break;
    }
    /* Read, modify, write: four cycles in which the bank of even or odd words takes no other store (JNK, "stores"). */
    uint64_t *bank = &m7->bank_free[address >> 2 & 1];
    bool partial = width < 4 || (address & 3);
    if (tightly_coupled_or_cached(core, bus)) {
        end = later(end, later(start, *bank) + (partial ? 4 : 1));
        *bank = end;
    }
    m7->stores[m7->store] = end;
    m7->store = (m7->store + 1) & 3;
    return wait;
}

void sl_m7_set(sl_core *core, int setting, int64_t value)
{
    struct sl_m7 *m7 = core->m7;
    if (setting != SL_L1_ICACHE_INVALIDATE && setting != SL_L1_DCACHE_INVALIDATE)
        return;
    bool instructions = setting == SL_L1_ICACHE_INVALIDATE;
    sl_cache *cache = instructions ? &m7->icache : &m7->dcache;
    sl_fill *fill = instructions ? &m7->prefetch.fill : &m7->data_fill;
    if (value < 0)
        sl_cache_invalidate(cache);
    else if (value >> 32)
        cache->line[value % SL_CACHE_LINES] = SL_NO_LINE;
    else
        sl_cache_drop(cache, (uint32_t)value / SL_LINE_BYTES);
    fill->line = SL_NO_LINE;
}
