/* Remembers what the Cortex-M3 model does. Programs repeat the same few states of pipeline, fetch queue and flash buffers,
 * when these are taken relative to the present cycle; from one of them, the same instruction takes the same cycles, for
 * the same causes, and leads to the same state. So the model is run once for each such step, then the step is repeated.
 * The result is the same to the bit: docs/timing/m3-m4.md says why, and what is not remembered. */
#include "core.h"

#include <stdlib.h>
#include <string.h>

#define MAX_STATES (1u << 16)
#define MAX_OTHERS (1u << 16)
#define MAX_STEPS (MAX_STATES + MAX_OTHERS)
#define TABLE_SIZE (2 * MAX_STATES)
#define PAST INT32_MIN       /* a time so long ago that it does not matter: cycle 0 is as good */
#define PARKED (INT32_MIN + 1) /* a time that matters however old it is: the flash itself keeps it */
#define PARKED_BEHIND 64u    /* more than the array reads that one step can start, each up to eight cycles */
#define LONG_AGO 10000u      /* cycles: nothing that is still of interest is older */

typedef struct {
    uint32_t number;
    int32_t ready;
    uint32_t sectors;
} state_line;

/* Times are relative to the present cycle. Zeroed first, so that equal states have equal bytes. */
typedef struct sl_state {
    int32_t execute, decode, execute_end, load_ideal, load_end, held, gap, store_end, access_cycle, decode_free;
    uint32_t next, known, waited, region, expected;
    int32_t earliest, data_end, slot[SL_WORD_RING], ready[SL_WORD_RING];
    int32_t fetch_bus, access_bus, it_left, it_remaining;
    uint32_t branch_address;
    int32_t branch_offset;
    uint16_t previous_flags, previous_writes, written;
    uint8_t previous_op, previous_mix, previous_rd_high, previous_cycles;
    bool registered, early, delayed, lsu, folds_it, hides_nop, chain, streaming, leaving, branched;
    int32_t port_free;
    struct {
        int32_t free;
        state_line line[5];
        uint32_t current;
    } bank[2];
} sl_state;

typedef struct sl_cost {
    sl_insn insn;
    uint16_t counters[SL_COUNTER_COUNT]; /* what the step adds; instructions are counted at once */
    uint8_t skipped[16];                 /* the bytes that an IT block skips */
    /* Cycle in which the array of an STM32F1's flash became free, relative to the one before the step, where that is
     * so long ago in the state behind it that the state does not tell. The flash itself keeps it from then on. */
    int64_t parked;
} sl_cost;

int sl_memo_new(sl_memo *memo, bool used)
{
    memo->none.address = 1;
    memo->at = &memo->none;
    memo->current = true;
    if (!used)
        return 0;
    memo->steps = aligned_alloc(64, MAX_STEPS * sizeof *memo->steps);
    memo->states = malloc(MAX_STATES * sizeof *memo->states);
    memo->costs = malloc(MAX_STEPS * sizeof *memo->costs);
    memo->table = calloc(TABLE_SIZE, sizeof *memo->table);
    memo->counted = malloc(MAX_STEPS * sizeof *memo->counted);
    return memo->steps && memo->states && memo->costs && memo->table && memo->counted ? 0 : -1;
}

void sl_memo_free(sl_memo *memo)
{
    free(memo->steps);
    free(memo->states);
    free(memo->costs);
    free(memo->table);
    free(memo->counted);
}

void sl_memo_count(sl_core *core)
{
    sl_memo *memo = &core->memo;
    for (uint32_t i = 0; i < memo->counted_count; i++) {
        sl_step *step = &memo->steps[memo->counted[i]];
        const sl_cost *cost = &memo->costs[memo->counted[i]];
        for (int counter = 0; counter < SL_COUNTER_COUNT; counter++)
            core->counters[counter] += step->hits * cost->counters[counter];
        step->hits = 0;
    }
    memo->counted_count = 0;
}

static void each_line(sl_flash_bank *bank, sl_line *lines[5])
{
    lines[0] = &bank->code[0];
    lines[1] = &bank->code[1];
    lines[2] = &bank->data[0];
    lines[3] = &bank->data[1];
    lines[4] = &bank->ahead;
}

/* Whether reads ahead can start in the past: prefetch_before in flash_stm32f1.c. */
static bool parks(const sl_core *core)
{
    return core->settings[SL_FLASH_MODEL] == SL_FLASH_STM32F1 && core->flash.prefetch && core->flash.wait_states;
}

static int32_t relative(const sl_core *core, uint64_t cycle)
{
    return (int32_t)(int64_t)(cycle - core->now);
}

/* `cycle`, which matters only when it is `from` or later. */
static int32_t since(const sl_core *core, uint64_t cycle, uint64_t from)
{
    return cycle < from ? PAST : relative(core, cycle);
}

static uint64_t absolute(const sl_core *core, int32_t cycle)
{
    return cycle == PAST ? 0 : core->now + (uint64_t)(int64_t)cycle;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* No request or access that is still to come is placed in an earlier cycle. */
static uint64_t horizon(const sl_core *core)
{
    const sl_fetch *fetch = &core->fetch;
    uint64_t first = earlier(core->decode_free, core->now - 1);
    if (core->previous.flags & SL_F_WRITES_PC)
        first = earlier(first, earlier(core->decode, core->execute - 1));
    if (core->previous.op == SL_OP_BRANCH)
        first = earlier(first, core->decode);
    if (fetch->next < fetch->known)
        first = earlier(first, sl_later(fetch->earliest, fetch->slot[(fetch->next >> 2) % SL_WORD_RING]));
    return first;
}

static void take_fetch(const sl_core *core, sl_state *state, uint64_t first)
{
    const sl_fetch *fetch = &core->fetch;
    state->next = fetch->next;
    state->known = fetch->known;
    state->waited = (uint32_t)fetch->waited;
    state->region = (uint32_t)(fetch->region - core->regions);
    state->fetch_bus = fetch->bus;
    state->registered = fetch->registered;
    state->earliest = since(core, fetch->earliest, first);
    state->data_end = since(core, fetch->data_end, first);
    for (uint32_t word = fetch->next; word < fetch->known; word += 4) { /* still to be requested */
        unsigned slot = (word >> 2) % SL_WORD_RING;
        state->slot[slot] = since(core, fetch->slot[slot], fetch->earliest + 1);
    }
    if (core->streaming)
        for (uint32_t word = core->expected & ~3u; word < fetch->next; word += 4) { /* still to be decoded */
            unsigned slot = (word >> 2) % SL_WORD_RING;
            uint64_t cycle = core->folds_it ? earlier(core->decode, core->decode_free) : core->decode_free;
            state->ready[slot] = since(core, fetch->ready[slot], cycle + 1);
        }
}

static void take_flash(sl_core *core, sl_state *state, uint64_t first)
{
    state->port_free = since(core, core->flash.port_free, first);
    for (int i = 0; i < 2; i++) {
        sl_flash_bank *bank = &core->flash.bank[i];
        sl_line *lines[5];
        each_line(bank, lines);
        state->bank[i].free = since(core, bank->free, first);
        if (parks(core))
            state->bank[i].free = bank->free + PARKED_BEHIND < first ? PARKED : relative(core, bank->free);
        state->bank[i].current = (uint32_t)bank->current;
        for (int line = 0; line < 5; line++)
            if (lines[line]->sectors)
                state->bank[i].line[line] = (state_line){lines[line]->number, since(core, lines[line]->ready, first), 1};
    }
}

/* The model's state without what cannot matter any more; false when it is none to remember. */
static bool take(sl_core *core, sl_state *state)
{
    const sl_fetch *fetch = &core->fetch;
    const sl_insn *previous = &core->previous;
    if (core->now < 2 || core->execute == 0) /* just reset */
        return false;
    uint64_t first = horizon(core);
    if (first + LONG_AGO < core->now || fetch->waited > LONG_AGO || fetch->known - fetch->next + 16 > 48)
        return false;
    if (core->streaming && !core->leaving &&
        (fetch->next - (core->expected & ~3u) + 16 > 48 || fetch->known - (core->expected & ~3u) - 8 > 32))
        return false;
    memset(state, 0, sizeof *state);
    bool leaves = previous->flags & SL_F_WRITES_PC;
    state->execute = leaves ? relative(core, core->execute) : PAST;
    state->decode = leaves || previous->op == SL_OP_BRANCH || core->folds_it ? relative(core, core->decode) : PAST;
    state->decode_free = relative(core, core->decode_free);
    state->execute_end = since(core, core->execute_end, core->now);
    state->load_ideal = since(core, core->load_ideal, core->now);
    state->load_end = since(core, core->load_end, core->now);
    state->store_end = since(core, core->store_end, core->now);
    state->held = since(core, core->held, core->decode_free);
    state->gap = since(core, core->gap, core->decode_free);
    bool access = previous->mix == SL_MIX_LOAD || previous->mix == SL_MIX_STORE;
    state->access_cycle = access ? relative(core, core->access_cycle) : PAST; /* for sl_cycles */
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
    take_flash(core, state, first);
    return true;
}

static void put_flash(sl_core *core, const sl_state *state)
{
    core->flash.port_free = absolute(core, state->port_free);
    for (int i = 0; i < 2; i++) {
        sl_flash_bank *bank = &core->flash.bank[i];
        sl_line *lines[5];
        each_line(bank, lines);
        if (state->bank[i].free != PARKED)
            bank->free = absolute(core, state->bank[i].free);
        bank->current = (int)state->bank[i].current;
        for (int line = 0; line < 5; line++)
            *lines[line] = (sl_line){
                .number = state->bank[i].line[line].number,
                .sectors = (uint8_t)state->bank[i].line[line].sectors,
                .ready = absolute(core, state->bank[i].line[line].ready),
            };
    }
}

static void put(sl_core *core, const sl_state *state)
{
    sl_fetch *fetch = &core->fetch;
    sl_insn *previous = &core->previous;
    core->execute = absolute(core, state->execute);
    core->decode = absolute(core, state->decode);
    core->decode_free = absolute(core, state->decode_free);
    core->execute_end = absolute(core, state->execute_end);
    core->load_ideal = absolute(core, state->load_ideal);
    core->load_end = absolute(core, state->load_end);
    core->store_end = absolute(core, state->store_end);
    core->held = absolute(core, state->held);
    core->gap = absolute(core, state->gap);
    core->access_cycle = absolute(core, state->access_cycle);
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
    fetch->earliest = absolute(core, state->earliest);
    fetch->data_end = absolute(core, state->data_end);
    for (unsigned i = 0; i < SL_WORD_RING; i++) {
        fetch->slot[i] = absolute(core, state->slot[i]);
        fetch->ready[i] = absolute(core, state->ready[i]);
    }
    put_flash(core, state);
}

void sl_memo_sync(sl_core *core)
{
    if (!core->memo.current)
        put(core, &core->memo.states[core->memo.at - core->memo.steps]);
    core->memo.current = true;
}

void sl_memo_leave(sl_core *core)
{
    sl_memo_sync(core);
    core->memo.at = &core->memo.none;
}

void sl_memo_forget(sl_core *core)
{
    sl_memo *memo = &core->memo;
    sl_memo_leave(core);
    sl_memo_count(core);
    if (memo->state_count)
        memset(memo->table, 0, TABLE_SIZE * sizeof *memo->table);
    memo->state_count = memo->other_count = 0;
}

static bool enabled(const sl_core *core)
{
    int64_t model = core->settings[SL_FLASH_MODEL];
    return core->kind == SL_CORTEX_M3 && core->settings[SL_MEMO] && !core->profile.rows && !core->trace.flow.on &&
           core->flash.wait_states < 8 &&
           (model == SL_FLASH_IDEAL || model == SL_FLASH_STM32F1 || model == SL_FLASH_SAM3X);
}

/* The first step from `state`, which is remembered from now on. */
static sl_step *first_step(sl_memo *memo, const sl_state *state)
{
    uint64_t hash = 0;
    uint32_t words[sizeof *state / 4];
    memcpy(words, state, sizeof words);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        hash = (hash ^ words[i]) * 0x9E3779B97F4A7C15u; /* Fibonacci hashing (Knuth) */
    size_t slot = hash >> 40 & (TABLE_SIZE - 1);
    for (; memo->table[slot]; slot = (slot + 1) & (TABLE_SIZE - 1))
        if (memcmp(&memo->states[memo->table[slot] - 1], state, sizeof *state) == 0)
            return &memo->steps[memo->table[slot] - 1];
    uint32_t number = memo->state_count++;
    memo->table[slot] = number + 1;
    memo->states[number] = *state;
    memo->steps[number] = (sl_step){.address = 1};
    return &memo->steps[number];
}

/* What a remembered step of an instruction depends on besides the state; false when it is not remembered. */
static bool operand_of(sl_core *core, const sl_insn *insn, uint32_t address, uint32_t *operand)
{
    *operand = 0;
    if (insn->op >= SL_OP_LOAD && insn->op <= SL_OP_TABLE) {
        int bus = sl_bus_of(core, address);
        *operand = 0xFFFFFF00u | (uint32_t)bus << 2 | (address & 3);
        if (bus == SL_BUS_FLASH && core->settings[SL_FLASH_MODEL] == SL_FLASH_SAM3X) /* its buffers go by address */
            *operand = address;
        return bus == SL_BUS_FLASH || bus == SL_BUS_CODE || bus == SL_BUS_SYSTEM;
    }
    if (insn->op == SL_OP_DIV)
        *operand = sl_divide_cycles(core, insn);
    if (insn->op == SL_OP_MULL || insn->op == SL_OP_MLAL)
        *operand = sl_long_multiply_cycles(core, insn);
    return true;
}

static uint32_t step_operand(sl_core *core, const sl_step *step)
{
    const sl_insn *insn = &core->memo.costs[step - core->memo.steps].insn;
    uint32_t operand, address = 0;
    if (step->kind == SL_STEP_OFFSET)
        address = sl_register(core, step->rn) + (uint32_t)step->offset;
    else if (insn->op >= SL_OP_LOAD && insn->op <= SL_OP_TABLE)
        address = sl_effective_address(core, insn);
    return operand_of(core, insn, address, &operand) ? operand : 0;
}

void sl_memo_hit_first(sl_memo *memo, const sl_step *step)
{
    memo->counted[memo->counted_count++] = (uint32_t)(step - memo->steps);
}

static bool full(const sl_memo *memo)
{
    return memo->state_count == MAX_STATES || memo->other_count == MAX_OTHERS;
}

sl_step *sl_memo_find(sl_core *core, uint32_t address)
{
    sl_memo *memo = &core->memo;
    sl_state state;
    if (memo->at == &memo->none && enabled(core)) {
        if (full(memo))
            sl_memo_forget(core);
        if (take(core, &state))
            memo->at = first_step(memo, &state);
    }
    sl_step *first = memo->at, *before = NULL;
    bool known = false;
    uint32_t operand = 0;
    for (sl_step *step = first; step; before = step, step = step->other) {
        if (step->address != address || !sl_step_fits(step))
            continue;
        const sl_cost *cost = &memo->costs[step - memo->steps];
        if (step->skipped && memcmp(step->host - step->skipped, cost->skipped, step->skipped))
            continue;
        if (step->kind != SL_STEP_FIXED) {
            operand = known ? operand : step_operand(core, step);
            known = true;
            if (operand != step->operand)
                continue;
        }
        if (core->now + step->skip_cycles >= core->cycle_limit)
            return NULL;
        if (before && before != first) { /* the next search finds it sooner */
            before->other = step->other;
            step->other = first->other;
            first->other = step;
        }
        if (step->parks)
            core->flash.bank[0].free = core->now + (uint64_t)cost->parked;
        return step;
    }
    return NULL;
}

bool sl_memo_begin(sl_core *core, sl_trial *trial)
{
    trial->from = core->memo.at;
    sl_memo_leave(core);
    if (trial->from == &core->memo.none)
        return false;
    trial->now = core->now;
    trial->first = horizon(core);
    trial->free = core->flash.bank[0].free;
    trial->expected = core->expected;
    trial->skips = core->streaming && core->it_remaining > 0 && !core->leaving;
    memcpy(trial->counters, core->counters, sizeof trial->counters);
    return true;
}

/* Whether the instructions that an IT block skips cost the same each time: a return asks for the link register's target. */
static bool skips_alike(sl_core *core, const sl_region *region, uint32_t from, uint32_t to)
{
    while (from < to) {
        const sl_insn *insn = sl_lookup(core, region, from);
        if (insn->op == SL_OP_BRANCH_REG)
            return false;
        from += insn->size;
    }
    return true;
}

bool sl_memo_classify(sl_core *core, sl_trial *trial, const sl_region *region, const sl_insn *insn)
{
    uint32_t offset = insn->address - region->base, before = insn->address - trial->expected;
    bool memory = insn->op >= SL_OP_LOAD && insn->op <= SL_OP_TABLE;
    trial->skipped = trial->skips && before <= 16 ? (uint8_t)before : 0;
    if (region->size - offset < 4 || offset < trial->skipped || insn->op == SL_OP_SLEEP || insn->flags & SL_F_UNMASKS ||
        !operand_of(core, insn, memory ? sl_effective_address(core, insn) : 0, &trial->operand))
        return false;
    trial->insn = *insn;
    trial->host = region->host + offset;
    return !trial->skipped || skips_alike(core, region, trial->expected, insn->address);
}

static uint8_t kind_of(const sl_insn *insn)
{
    if (insn->op >= SL_OP_LOAD && insn->op <= SL_OP_TABLE) {
        if (insn->flags & SL_F_INDEXED)
            return SL_STEP_OPERANDS;
        return insn->flags & SL_F_PC_BASE ? SL_STEP_FIXED : SL_STEP_OFFSET;
    }
    return insn->op == SL_OP_DIV || insn->op == SL_OP_MULL || insn->op == SL_OP_MLAL ? SL_STEP_OPERANDS : SL_STEP_FIXED;
}

void sl_memo_end(sl_core *core, const sl_trial *trial)
{
    sl_memo *memo = &core->memo;
    sl_state state;
    if (full(memo)) {
        sl_memo_forget(core);
        return;
    }
    if (!take(core, &state))
        return;
    sl_step *from = trial->from, *step = from, *next = first_step(memo, &state);
    memo->at = next;
    const sl_state *before = &memo->states[from - memo->steps];
    uint64_t free = core->flash.bank[0].free;
    /* A read ahead that started long before this step: what follows depends on when. */
    if (before->bank[0].free == PARKED && free != trial->free && free <= trial->first)
        return;
    uint64_t cycles = core->now - trial->now;
    if (cycles > UINT16_MAX || trial->skip_cycles > UINT8_MAX)
        return;
    if (step->address != 1) {
        step = &memo->steps[MAX_STATES + memo->other_count++];
        step->other = from->other;
    }
    sl_cost *cost = &memo->costs[step - memo->steps];
    sl_step *other = step->other;
    const sl_insn *insn = &trial->insn;
    *step = (sl_step){
        .address = insn->address,
        .raw = insn->raw,
        .mask = insn->size == 4 ? UINT32_MAX : UINT16_MAX,
        .operand = trial->operand,
        .host = trial->host,
        .next = next,
        .other = other,
        .offset = insn->flags & SL_F_POST ? 0 : insn->offset,
        .cycles = (uint16_t)cycles,
        .kind = kind_of(insn),
        .rn = insn->rn,
        .skipped = trial->skipped,
        .skip_cycles = (uint8_t)trial->skip_cycles,
        .parks = state.bank[0].free == PARKED && !(before->bank[0].free == PARKED && free == trial->free),
    };
    cost->insn = *insn;
    cost->parked = (int64_t)(free - trial->now);
    memcpy(cost->skipped, trial->host - trial->skipped, trial->skipped);
    for (int counter = 0; counter < SL_COUNTER_COUNT; counter++)
        cost->counters[counter] = (uint16_t)(core->counters[counter] - trial->counters[counter]);
    cost->counters[SL_INSTRUCTIONS] = 0;
    step->plain = step->kind == SL_STEP_FIXED && !step->skipped && !step->parks;
    if (step != from)
        from->other = step;
}
