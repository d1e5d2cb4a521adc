/* The states of the Cortex-M7 model, to be remembered: m7.h says what the times mean. Caches and branch predictor are asked
 * through the tape; what only accesses to peripherals look at stays where it is, since these are never repeated. */
#include <string.h>

#include "m7.h"
#include "memo_state.h"

#define OLD_REQUEST 1000u /* cycles; states with an older one are not worth keeping */
/* What may_pair and executes_early look at in the older instruction. */
#define PAIRS (SL_M7_SHIFT | SL_M7_SHIFTER | SL_M7_MAC | SL_M7_LOAD | SL_M7_STORE | SL_M7_BRANCH | SL_M7_FP)

typedef struct {
    uint32_t line;
    int32_t beat, end;
    uint8_t first, spacing;
    uint16_t wraps;
} m7_fill;

/* Times in 32 bits are relative to the present cycle, in 8 bits to the cycle of the newest issue; see ages. */
typedef struct {
    _Alignas(8) int32_t parked;
    uint32_t expected, region, block, waited, predicted_target, branch_address, branch_penalty;
    int32_t cycle, request, freed[4], access_cycle, flash_free, ram_free, art_started, art_ready;
    int32_t it_left, it_remaining;
    m7_fill fill, data_fill;
    uint32_t art_line, fp_loaded;
    uint16_t loaded, older, flags;
    uint8_t available[16], fp_available[32], stores[4], bank_free[2];
    uint8_t store_start, flags_cycle, fp_mac_end, older_address;
    uint8_t op, mix, size;
    bool streaming, leaving, branched, paired, branch_pending, predicted_taken, in_btac;
} m7_state;

/* Cycles from `from` to `cycle`, 0 where it is earlier: then it does not matter. */
static bool age(uint64_t cycle, uint64_t from, uint8_t *out)
{
    uint64_t cycles = cycle > from ? cycle - from : 0;
    *out = (uint8_t)cycles;
    return cycles <= UINT8_MAX;
}

static uint64_t time(uint64_t from, uint8_t cycles)
{
    return cycles ? from + cycles : 0;
}

/* Blocks are asked for one after another, and behind a branch that has issued: five cycles after its own block's request. */
static uint64_t horizon(const sl_core *core)
{
    return core->m7->prefetch.request + 1;
}

/* `from`: no beat is compared with an earlier cycle. */
static void take_fill(const sl_core *core, const sl_fill *fill, uint64_t from, m7_fill *state)
{
    bool past = fill->end < from;
    state->line = fill->line;
    state->beat = past ? SL_PAST : sl_relative(core, fill->beat);
    state->end = past ? SL_PAST : sl_relative(core, fill->end);
    state->first = past && fill->wraps ? 0 : (uint8_t)fill->first;
    state->spacing = past ? 0 : (uint8_t)fill->spacing;
    state->wraps = fill->wraps;
}

static sl_fill put_fill(const sl_core *core, const m7_fill *state)
{
    return (sl_fill){
        .line = state->line,
        .first = state->first,
        .spacing = state->spacing,
        .wraps = state->wraps,
        .beat = sl_absolute(core, state->beat),
        .end = sl_absolute(core, state->end),
    };
}

static void take_fetch(const sl_core *core, m7_state *state)
{
    const struct sl_m7 *m7 = core->m7;
    const sl_prefetch *prefetch = &m7->prefetch;
    uint64_t first = horizon(core);
    state->region = (uint32_t)(core->fetch.region - core->regions);
    state->block = prefetch->block;
    state->request = sl_relative(core, prefetch->request);
    for (unsigned i = 0; i < 4; i++)
        state->freed[i] = sl_since(core, prefetch->freed[(prefetch->entry + i) & 3], first + 1);
    state->waited = (uint32_t)prefetch->waited;
    take_fill(core, &prefetch->fill, first + 2, &state->fill);
    state->flash_free = sl_since(core, m7->flash_free, first + 2);
    state->art_line = m7->art_line;
    state->art_started = sl_since(core, m7->art_started, later(first, 64) - 64); /* a read ahead may have begun then */
    state->art_ready = sl_since(core, m7->art_ready, later(first, 64) - 64);
    state->branch_pending = m7->branch_pending;
    if (m7->branch_pending) {
        state->predicted_taken = m7->predicted_taken;
        state->in_btac = m7->in_btac;
        state->predicted_target = m7->predicted_target;
        state->branch_penalty = m7->branch_penalty;
        state->branch_address = core->previous.address;
        state->size = core->previous.size;
        state->op = core->previous.op;
    }
}

static bool take_registers(const struct sl_m7 *m7, m7_state *state)
{
    bool fits = true;
    for (unsigned i = 0; i < 16; i++) {
        fits &= age(m7->available[i], m7->cycle - 1, &state->available[i]);
        state->loaded |= (uint16_t)((state->available[i] != 0) << i);
    }
    for (unsigned i = 0; i < 32; i++) {
        fits &= age(m7->fp_available[i], m7->cycle - 3, &state->fp_available[i]);
        state->fp_loaded |= (uint32_t)(state->fp_available[i] != 0) << i;
    }
    state->loaded &= m7->loaded;
    state->fp_loaded &= m7->fp_loaded;
    fits &= age(m7->flags_cycle, m7->cycle - 3, &state->flags_cycle);
    return fits && age(m7->fp_mac_end, m7->cycle, &state->fp_mac_end);
}

static bool take_memory(const sl_core *core, m7_state *state)
{
    static const sl_fill none = {.line = SL_NO_LINE};
    const struct sl_m7 *m7 = core->m7;
    bool fits = age(m7->store_start, m7->cycle - 1, &state->store_start);
    for (unsigned i = 0; i < 4; i++)
        fits &= age(m7->stores[(m7->store + i) & 3], m7->cycle, &state->stores[i]);
    for (unsigned i = 0; i < 2; i++)
        fits &= age(m7->bank_free[i], m7->cycle, &state->bank_free[i]);
    bool filling = m7->data_fill.end >= m7->cycle; /* once it is filled, the cache knows the line */
    take_fill(core, filling ? &m7->data_fill : &none, m7->cycle, &state->data_fill);
    bool parked = m7->ram_free + SL_PARKED_BEHIND < horizon(core);
    state->ram_free = parked ? SL_PARKED : sl_relative(core, m7->ram_free);
    state->parked = parked;
    return fits;
}

static bool take(sl_core *core, void *zeroed)
{
    m7_state *state = zeroed;
    const struct sl_m7 *m7 = core->m7;
    const sl_prefetch *prefetch = &m7->prefetch;
    if (core->now < 100 || m7->cycle < prefetch->ready || prefetch->request + OLD_REQUEST < core->now ||
        prefetch->waited > SL_LONG_AGO || !core->streaming)
        return false;
    bool access = core->previous.mix == SL_MIX_LOAD || core->previous.mix == SL_MIX_STORE;
    state->cycle = sl_relative(core, m7->cycle);
    state->mix = access ? core->previous.mix : SL_MIX_OTHER;
    state->access_cycle = access ? sl_relative(core, core->access_cycle) : SL_PAST; /* for sl_cycles */
    state->flags = core->previous.flags & SL_F_WRITES_PC;
    state->expected = core->expected;
    state->it_remaining = core->it_remaining;
    state->it_left = m7->it_left;
    state->streaming = core->streaming;
    state->leaving = core->leaving;
    state->branched = core->branched;
    state->paired = m7->paired;
    if (!m7->paired) {
        state->older = m7->older & PAIRS;
        state->older_address = m7->older & SL_M7_LOAD ? m7->older_address & 4 : 0;
    }
    take_fetch(core, state);
    return take_registers(m7, state) && take_memory(core, state);
}

static void put_fetch(sl_core *core, const m7_state *state)
{
    struct sl_m7 *m7 = core->m7;
    sl_prefetch *prefetch = &m7->prefetch;
    core->fetch.region = &core->regions[state->region];
    prefetch->block = state->block;
    prefetch->request = sl_absolute(core, state->request);
    prefetch->ready = prefetch->request + SL_M7_FETCH_STAGES;
    prefetch->entry = 0;
    for (unsigned i = 0; i < 4; i++)
        prefetch->freed[i] = sl_absolute(core, state->freed[i]);
    prefetch->waited = state->waited;
    prefetch->fill = put_fill(core, &state->fill);
    m7->flash_free = sl_absolute(core, state->flash_free);
    m7->art_line = state->art_line;
    m7->art_started = sl_absolute(core, state->art_started);
    m7->art_ready = sl_absolute(core, state->art_ready);
    m7->branch_pending = state->branch_pending;
    m7->predicted_taken = state->predicted_taken;
    m7->in_btac = state->in_btac;
    m7->predicted_target = state->predicted_target;
    m7->branch_penalty = state->branch_penalty;
    core->previous.address = state->branch_address;
    core->previous.size = state->size;
    core->previous.op = state->op;
}

static void put(sl_core *core, const void *taken)
{
    const m7_state *state = taken;
    struct sl_m7 *m7 = core->m7;
    m7->cycle = sl_absolute(core, state->cycle);
    core->previous.mix = state->mix;
    core->previous.flags = state->flags;
    core->access_cycle = sl_absolute(core, state->access_cycle);
    core->expected = state->expected;
    core->it_remaining = state->it_remaining;
    m7->it_left = (uint8_t)state->it_left;
    core->streaming = state->streaming;
    core->leaving = state->leaving;
    core->branched = state->branched;
    m7->paired = state->paired;
    m7->older = state->older;
    m7->older_address = state->older_address;
    put_fetch(core, state);
    for (unsigned i = 0; i < 16; i++)
        m7->available[i] = time(m7->cycle - 1, state->available[i]);
    for (unsigned i = 0; i < 32; i++)
        m7->fp_available[i] = time(m7->cycle - 3, state->fp_available[i]);
    m7->loaded = state->loaded;
    m7->fp_loaded = state->fp_loaded;
    m7->flags_cycle = time(m7->cycle - 3, state->flags_cycle);
    m7->fp_mac_end = time(m7->cycle, state->fp_mac_end);
    m7->store = 0;
    for (unsigned i = 0; i < 4; i++)
        m7->stores[i] = time(m7->cycle, state->stores[i]);
    for (unsigned i = 0; i < 2; i++)
        m7->bank_free[i] = time(m7->cycle, state->bank_free[i]);
    m7->store_start = time(m7->cycle - 1, state->store_start);
    m7->data_fill = put_fill(core, &state->data_fill);
    if (state->ram_free != SL_PARKED)
        m7->ram_free = sl_absolute(core, state->ram_free);
}

static uint64_t *kept(sl_core *core)
{
    return &core->m7->ram_free;
}

static int8_t part(const sl_core *core, const sl_insn *insn, int bus)
{
    (void)core;
    if (bus == SL_BUS_AXI_FLASH || bus == SL_BUS_AXI_SRAM || bus == SL_BUS_ITCM_FLASH) /* fills and buffers go by it */
        return -1;
    return insn->op == SL_OP_LOAD_LIST ? SL_LINE_BYTES - 1 : 7; /* the bank of a store, halves of a list */
}

static bool skips_alike(const sl_insn *insn) /* it takes the slots of an executed one */
{
    return insn->op != SL_OP_DIV && (insn->op < SL_OP_LOAD || insn->op > SL_OP_TABLE);
}

const sl_memo_model sl_m7_memo = {sizeof(m7_state), take, put, horizon, kept, part, skips_alike};
