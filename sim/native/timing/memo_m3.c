/* The states of the Cortex-M3 and Cortex-M4 model, to be remembered: m3.c and bus.c say what the times mean. */
#include "memo_state.h"

/* Times are relative to the present cycle. Zeroed first, so that equal states have equal bytes. */
typedef struct {
    _Alignas(8) int32_t parked;
    int32_t execute, decode, execute_end, load_ideal, load_end, held, gap, store_end, access_cycle, decode_free;
    uint32_t next, known, waited, region, expected;
    int32_t earliest, data_end, slot[SL_WORD_RING], ready[SL_WORD_RING];
    int32_t fetch_bus, access_bus, it_left, it_remaining;
    uint32_t branch_address;
    int32_t branch_offset;
    uint16_t previous_flags, previous_writes, written;
    uint8_t previous_op, previous_mix, previous_rd_high, previous_cycles;
    bool registered, early, delayed, lsu, folds_it, hides_nop, chain, streaming, leaving, branched;
    int32_t fp_busy;
    uint8_t fp_ready[32]; /* cycles from now until an FP register can be used */
    sl_flash_state flash;
} m3_state;

/* No request or access that is still to come is placed in an earlier cycle. */
static uint64_t horizon(const sl_core *core)
{
    const sl_fetch *fetch = &core->fetch;
    uint64_t first = sl_earlier(core->decode_free, core->now - 1);
    if (core->previous.flags & SL_F_WRITES_PC)
        first = sl_earlier(first, sl_earlier(core->decode, core->execute - 1));
    if (core->previous.op == SL_OP_BRANCH)
        first = sl_earlier(first, core->decode);
    if (fetch->next < fetch->known)
        first = sl_earlier(first, sl_later(fetch->earliest, fetch->slot[(fetch->next >> 2) % SL_WORD_RING]));
    return first;
}

static void take_fetch(const sl_core *core, m3_state *state, uint64_t first)
{
    const sl_fetch *fetch = &core->fetch;
    state->next = fetch->next;
    state->known = fetch->known;
    state->waited = (uint32_t)fetch->waited;
    state->region = (uint32_t)(fetch->region - core->regions);
    state->fetch_bus = fetch->bus;
    state->registered = fetch->registered;
    state->earliest = sl_since(core, fetch->earliest, first);
    state->data_end = sl_since(core, fetch->data_end, first);
    for (uint32_t word = fetch->next; word < fetch->known; word += 4) { /* still to be requested */
        unsigned slot = (word >> 2) % SL_WORD_RING;
        state->slot[slot] = sl_since(core, fetch->slot[slot], fetch->earliest + 1);
    }
    if (core->streaming)
        for (uint32_t word = core->expected & ~3u; word < fetch->next; word += 4) { /* still to be decoded */
            unsigned slot = (word >> 2) % SL_WORD_RING;
            uint64_t cycle = core->folds_it ? sl_earlier(core->decode, core->decode_free) : core->decode_free;
            state->ready[slot] = sl_since(core, fetch->ready[slot], cycle + 1);
        }
}

static bool take_fpu(const sl_core *core, m3_state *state)
{
    state->fp_busy = sl_since(core, core->fp_busy, core->now + 1);
    for (int i = 0; i < 32; i++) {
        uint64_t wait = later(core->fp_ready[i], core->now) - core->now;
        if (wait > UINT8_MAX)
            return false;
        state->fp_ready[i] = (uint8_t)wait;
    }
    return true;
}

static bool take(sl_core *core, void *zeroed)
{
    m3_state *state = zeroed;
    const sl_fetch *fetch = &core->fetch;
    const sl_insn *previous = &core->previous;
    if (core->now < 2 || core->execute == 0) /* just reset */
        return false;
    uint64_t first = horizon(core);
    if (first + SL_LONG_AGO < core->now || fetch->waited > SL_LONG_AGO || fetch->known - fetch->next + 16 > 48)
        return false;
    if (core->streaming && !core->leaving &&
        (fetch->next - (core->expected & ~3u) + 16 > 48 || fetch->known - (core->expected & ~3u) - 8 > 32))
        return false;
    bool leaves = previous->flags & SL_F_WRITES_PC;
    state->execute = leaves ? sl_relative(core, core->execute) : SL_PAST;
    state->decode = leaves || previous->op == SL_OP_BRANCH || core->folds_it ? sl_relative(core, core->decode) : SL_PAST;
    state->decode_free = sl_relative(core, core->decode_free);
    state->execute_end = sl_since(core, core->execute_end, core->now);
    state->load_ideal = sl_since(core, core->load_ideal, core->now);
    state->load_end = sl_since(core, core->load_end, core->now);
    state->store_end = sl_since(core, core->store_end, core->now);
    state->held = sl_since(core, core->held, core->decode_free);
    state->gap = sl_since(core, core->gap, core->decode_free);
    bool access = previous->mix == SL_MIX_LOAD || previous->mix == SL_MIX_STORE;
    state->access_cycle = access ? sl_relative(core, core->access_cycle) : SL_PAST; /* for sl_cycles */
    state->access_bus = core->access_bus;
    state->it_left = core->it_left;
    state->it_remaining = core->it_remaining;
    state->expected = core->expected;
    if (previous->op == SL_OP_BRANCH) {
        state->branch_address = previous->address;
        state->branch_offset = previous->offset;
    }
    state->previous_op = previous->op;
    state->previous_flags = previous->flags;
    state->previous_writes = previous->writes;
    state->previous_mix = previous->mix;
    state->previous_rd_high = previous->rd_high;
    state->previous_cycles = previous->cycles;
    state->written = core->written;
    state->early = leaves && core->early;
    state->delayed = leaves && core->delayed;
    state->lsu = core->lsu;
    state->folds_it = core->folds_it;
    state->hides_nop = core->hides_nop;
    state->chain = core->chain;
    state->streaming = core->streaming;
    state->leaving = core->leaving;
    state->branched = core->branched;
    take_fetch(core, state, first);
    if (!take_fpu(core, state) || !sl_flash_take(core, &state->flash, first))
        return false;
    state->parked = state->flash.bank[0].free == SL_PARKED;
    return true;
}

static void put(sl_core *core, const void *taken)
{
    const m3_state *state = taken;
    sl_fetch *fetch = &core->fetch;
    sl_insn *previous = &core->previous;
    core->execute = sl_absolute(core, state->execute);
    core->decode = sl_absolute(core, state->decode);
    core->decode_free = sl_absolute(core, state->decode_free);
    core->execute_end = sl_absolute(core, state->execute_end);
    core->load_ideal = sl_absolute(core, state->load_ideal);
    core->load_end = sl_absolute(core, state->load_end);
    core->store_end = sl_absolute(core, state->store_end);
    core->held = sl_absolute(core, state->held);
    core->gap = sl_absolute(core, state->gap);
    core->access_cycle = sl_absolute(core, state->access_cycle);
    core->access_bus = state->access_bus;
    core->it_left = state->it_left;
    core->it_remaining = state->it_remaining;
    core->expected = state->expected;
    previous->address = state->branch_address;
    previous->offset = state->branch_offset;
    previous->op = state->previous_op;
    previous->flags = state->previous_flags;
    previous->writes = state->previous_writes;
    previous->mix = state->previous_mix;
    previous->rd_high = state->previous_rd_high;
    previous->cycles = state->previous_cycles;
    core->written = state->written;
    core->early = state->early;
    core->delayed = state->delayed;
    core->lsu = state->lsu;
    core->folds_it = state->folds_it;
    core->hides_nop = state->hides_nop;
    core->chain = state->chain;
    core->streaming = state->streaming;
    core->leaving = state->leaving;
    core->branched = state->branched;
    fetch->next = state->next;
    fetch->known = state->known;
    fetch->waited = state->waited;
    fetch->region = &core->regions[state->region];
    fetch->bus = state->fetch_bus;
    fetch->registered = state->registered;
    fetch->earliest = sl_absolute(core, state->earliest);
    fetch->data_end = sl_absolute(core, state->data_end);
    for (unsigned i = 0; i < SL_WORD_RING; i++) {
        fetch->slot[i] = sl_absolute(core, state->slot[i]);
        fetch->ready[i] = sl_absolute(core, state->ready[i]);
    }
    core->fp_busy = sl_absolute(core, state->fp_busy);
    for (int i = 0; i < 32; i++)
        core->fp_ready[i] = core->now + state->fp_ready[i];
    sl_flash_put(core, &state->flash);
}

static uint64_t *kept(sl_core *core)
{
    return &core->flash.bank[0].free;
}

static int8_t part(const sl_core *core, const sl_insn *insn, int bus)
{
    (void)insn;
    if (bus != SL_BUS_FLASH)
        return 3;                               /* of a word */
    return sl_flash_data_alike(core) ? 7 : -1; /* of the narrowest line; buffers go by all of it */
}

static bool skips_alike(const sl_insn *insn)
{
    return insn->op != SL_OP_BRANCH_REG; /* a return asks for the link register's target */
}

const sl_memo_model sl_m3_memo = {sizeof(m3_state), take, put, horizon, kept, part, skips_alike};
