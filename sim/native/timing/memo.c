/* Remembers what a core's model does. Programs repeat the same few states of pipeline, fetch queue and buffers, when these
 * are taken relative to the present cycle; from one of them, the same instruction takes the same cycles, for the same
 * causes, and leads to the same state, as long as caches and branch predictor answer it the same. So the model is run once
 * for each such step, then the step is repeated: its queries are asked again, its effects are added.
 * The result is the same to the bit: docs/timing/memo.md says why, and what is not remembered. */
#include "core.h"

#include <string.h>

#define MAX_STATE 512u  /* bytes */
#define SKIP_MARGIN 2048u /* cycles: more than the four instructions that an IT block skips can take */

static int32_t parked(const sl_memo *memo, const sl_core *core, const sl_step *first)
{
    int32_t flag;
    memcpy(&flag, memo->states + (size_t)(first - memo->steps) * core->pipeline.memo->state_size, sizeof flag);
    return flag;
}

void sl_memo_sync(sl_core *core)
{
    const sl_memo *memo = &core->memo;
    const sl_memo_model *model = core->pipeline.memo;
    if (!memo->current)
        model->put(core, memo->states + (size_t)(memo->at - memo->steps) * model->state_size);
    core->memo.current = true;
}

void sl_memo_leave(sl_core *core)
{
    sl_memo_sync(core);
    core->memo.at = &core->memo.none;
}

static bool enabled(const sl_core *core)
{
    return core->settings[SL_MEMO] && !core->profile.rows && !core->trace.flow.on &&
           sl_flash_read_cycles(&core->flash) <= 64;
}

static bool is_access(const sl_insn *insn)
{
    return insn->op >= SL_OP_LOAD && insn->op <= SL_OP_TABLE;
}

/* Whether accesses to the bus are remembered. */
static bool is_memory(int bus)
{
    return bus == SL_BUS_FLASH || bus == SL_BUS_CODE || bus == SL_BUS_SYSTEM || bus == SL_BUS_TCM ||
           bus == SL_BUS_ITCM_FLASH || bus == SL_BUS_AXI_FLASH || bus == SL_BUS_AXI_SRAM;
}

/* What registers make a division or a long multiplication cost. */
static uint32_t operand_cycles(const sl_core *core, const sl_insn *insn)
{
    return insn->op == SL_OP_DIV ? sl_divide_cycles(core, insn) : sl_long_multiply_cycles(core, insn);
}

static uint8_t kind_of(const sl_core *core, const sl_insn *insn)
{
    if (is_access(insn)) {
        if (insn->flags & SL_F_INDEXED)
            return SL_STEP_OPERANDS;
        return insn->flags & SL_F_PC_BASE ? SL_STEP_FIXED : SL_STEP_OFFSET;
    }
    bool multiplies = core->kind == SL_CORTEX_M3 && (insn->op == SL_OP_MULL || insn->op == SL_OP_MLAL);
    return insn->op == SL_OP_DIV || multiplies ? SL_STEP_OPERANDS : SL_STEP_FIXED;
}

static bool address_is(sl_core *core, const sl_step *step, uint32_t address)
{
    core->tape.base = address >> 3;
    return (address & (uint32_t)step->part) == step->operand && sl_bus_of(core, address) == step->bus;
}

bool sl_memo_is_at(sl_core *core, const sl_step *step)
{
    return address_is(core, step, sl_register(core, step->rn) + (uint32_t)step->offset);
}

/* Whether address, bytes and operand are those of the step. */
static bool same(sl_core *core, const sl_step *step, uint32_t address)
{
    if (step->address != address || !sl_step_fits(step))
        return false;
    const sl_cost *cost = &core->memo.costs[step - core->memo.steps];
    if (step->skipped && memcmp(step->host - step->skipped, cost->skipped, step->skipped))
        return false;
    core->tape.base = 0;
    if (step->kind == SL_STEP_FIXED)
        return true;
    if (step->kind == SL_STEP_OFFSET)
        return sl_memo_is_at(core, step);
    if (is_access(&cost->insn))
        return address_is(core, step, sl_effective_address(core, &cost->insn));
    return operand_cycles(core, &cost->insn) == step->operand;
}

void sl_memo_park(sl_core *core, const sl_step *step)
{
    *core->pipeline.memo->kept(core) = core->now + (uint64_t)core->memo.costs[step - core->memo.steps].parked;
}

sl_step *sl_memo_find(sl_core *core, uint32_t address)
{
    sl_memo *memo = &core->memo;
    uint64_t state[MAX_STATE / 8];
    if (memo->at == &memo->none && enabled(core)) {
        if (sl_memo_full(memo))
            sl_memo_forget(core);
        memset(state, 0, core->pipeline.memo->state_size);
        if (core->pipeline.memo->take(core, state))
            memo->at = sl_memo_first_step(core, state);
    }
    sl_step *first = memo->at, *before = NULL, *step = first, *found;
    for (;;) {
        if (same(core, step, address)) {
            uint64_t margin = step->skipped && step->query_count ? SKIP_MARGIN : step->skip_cycles;
            if (core->now + margin >= core->cycle_limit)
                return NULL;
            found = sl_step_answered(core, step);
            if (found)
                break;
        }
        if (!step->other)
            return NULL;
        before = step;
        step = &memo->steps[step->other];
    }
    if (before && before != first) { /* the next search finds it sooner */
        uint32_t number = before->other;
        before->other = step->other;
        step->other = first->other;
        first->other = number;
    }
    return found;
}

bool sl_memo_begin(sl_core *core, sl_trial *trial)
{
    trial->from = core->memo.at;
    sl_memo_leave(core);
    if (trial->from == &core->memo.none)
        return false;
    trial->now = core->tape.now = core->now;
    trial->first = core->pipeline.memo->horizon(core);
    trial->kept = *core->pipeline.memo->kept(core);
    trial->expected = core->expected;
    trial->skips = core->streaming && core->it_remaining > 0 && !core->leaving;
    memcpy(trial->counters, core->counters, sizeof trial->counters);
    core->tape.recording = true;
    core->tape.overrun = false;
    core->tape.played = 0;
    return true;
}

static bool skips_alike(sl_core *core, const sl_region *region, uint32_t from, uint32_t to)
{
    while (from < to) {
        const sl_insn *insn = sl_lookup(core, region, from);
        if (!core->pipeline.memo->skips_alike(insn))
            return false;
        from += insn->size;
    }
    return true;
}

bool sl_memo_classify(sl_core *core, sl_trial *trial, const sl_region *region, const sl_insn *insn)
{
    uint32_t offset = insn->address - region->base, before = insn->address - trial->expected;
    uint8_t kind = kind_of(core, insn);
    uint32_t address = is_access(insn) ? sl_effective_address(core, insn) : 0;
    int bus = is_access(insn) ? sl_bus_of(core, address) : SL_BUS_NONE;
    core->tape.base = kind == SL_STEP_FIXED ? 0 : address >> 3;
    trial->part = is_access(insn) ? core->pipeline.memo->part(core, insn, bus) : -1;
    trial->bus = (uint8_t)bus;
    trial->operand = address & (uint32_t)trial->part;
    if (kind == SL_STEP_OPERANDS && !is_access(insn))
        trial->operand = operand_cycles(core, insn);
    trial->skipped = trial->skips && before <= 16 ? (uint8_t)before : 0;
    if (region->size - offset < 4 || offset < trial->skipped || insn->op == SL_OP_SLEEP || insn->flags & SL_F_UNMASKS ||
        (is_access(insn) && !is_memory(bus)))
        return false;
    trial->insn = *insn;
    trial->host = region->host + offset;
    return !trial->skipped || skips_alike(core, region, trial->expected, insn->address);
}

static void remember_queries(sl_core *core, sl_step *step)
{
    sl_memo *memo = &core->memo;
    const sl_tape *tape = &core->tape;
    step->queries = memo->query_count;
    step->query_count = (uint8_t)tape->count;
    memcpy(&memo->queries[memo->query_count], tape->query, tape->count * sizeof *tape->query);
    memo->query_count += tape->count;
}

/* Makes the ways from the step to others of the same instruction, and back, at the first query with another answer. */
static void link_answers(sl_memo *memo, sl_step *from, sl_step *step)
{
    uint32_t number = (uint32_t)(step - memo->steps);
    const sl_cost *cost = &memo->costs[number];
    for (sl_step *other = from;; other = &memo->steps[other->other]) {
        const sl_cost *others = &memo->costs[other - memo->steps];
        if (other != step && other->address == step->address && other->raw == step->raw && other->mask == step->mask &&
            other->operand == step->operand && other->bus == step->bus && other->skipped == step->skipped &&
            memcmp(others->skipped, cost->skipped, step->skipped) == 0) {
            sl_query *ours = &memo->queries[step->queries], *theirs = &memo->queries[other->queries];
            unsigned i = 0, count = step->query_count < other->query_count ? step->query_count : other->query_count;
            while (i < count && ours[i].answer == theirs[i].answer)
                i++;
            if (i < count) {
                ours[i].otherwise = (uint32_t)(other - memo->steps);
                theirs[i].otherwise = number;
            }
        }
        if (!other->other)
            return;
    }
}

static void remember_cost(sl_core *core, const sl_trial *trial, sl_cost *cost)
{
    cost->insn = trial->insn;
    cost->parked = (int64_t)(*core->pipeline.memo->kept(core) - trial->now);
    memcpy(cost->skipped, trial->host - trial->skipped, trial->skipped);
    for (int counter = 0; counter < SL_COUNTER_COUNT; counter++)
        cost->counters[counter] = (uint16_t)(core->counters[counter] - trial->counters[counter]);
    cost->counters[SL_INSTRUCTIONS] = 0;
}

void sl_memo_end(sl_core *core, const sl_trial *trial)
{
    sl_memo *memo = &core->memo;
    uint64_t state[MAX_STATE / 8];
    uint64_t cycles = core->now - trial->now;
    if (sl_memo_full(memo)) {
        sl_memo_forget(core);
        return;
    }
    memset(state, 0, core->pipeline.memo->state_size);
    if (!core->pipeline.memo->take(core, state))
        return;
    sl_step *from = trial->from, *step = from, *next = sl_memo_first_step(core, state);
    memo->at = next;
    uint64_t kept = *core->pipeline.memo->kept(core);
    bool was_parked = parked(memo, core, from);
    /* A read ahead that started long before this step: what follows depends on when. */
    if ((was_parked && kept != trial->kept && kept <= trial->first) || core->tape.overrun)
        return;
    if (cycles > UINT16_MAX || trial->skip_cycles > UINT8_MAX)
        return;
    if (step->address != 1)
        step = sl_memo_other_step(memo, from);
    uint32_t other = step->other;
    const sl_insn *insn = &trial->insn;
    *step = (sl_step){
        .address = insn->address,
        .raw = insn->raw,
        .mask = insn->size == 4 ? UINT32_MAX : UINT16_MAX,
        .operand = trial->operand,
        .bus = trial->bus,
        .part = trial->part,
        .host = trial->host,
        .next = next,
        .other = other,
        .offset = insn->flags & SL_F_POST ? 0 : insn->offset,
        .cycles = (uint16_t)cycles,
        .kind = kind_of(core, insn),
        .rn = insn->rn,
        .skipped = trial->skipped,
        .skip_cycles = (uint8_t)trial->skip_cycles,
        .parks = parked(memo, core, next) && !(was_parked && kept == trial->kept),
    };
    remember_queries(core, step);
    step->plain = step->kind == SL_STEP_FIXED && !step->skipped && !step->parks && !step->query_count;
    remember_cost(core, trial, &memo->costs[step - memo->steps]);
    if (step->query_count)
        link_answers(memo, from, step);
}
