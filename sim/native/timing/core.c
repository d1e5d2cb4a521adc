/* The public interface: running under Unicorn, mapping, settings, totals. */
#include "core.h"

#include <stdlib.h>
#include <string.h>

static void enter_exception(sl_core *core, uint32_t vector, uint32_t handler, uint32_t stack, bool tail_chained);

static const sl_pipeline m3_pipeline = {
    sl_pipeline_reset, sl_pipeline_issue, sl_pipeline_skip, sl_pipeline_follow, enter_exception, NULL, &sl_m3_memo,
};

sl_core *sl_new(const sl_unicorn *unicorn, int core_kind)
{
    if (core_kind != SL_CORTEX_M3 && core_kind != SL_CORTEX_M4 && core_kind != SL_CORTEX_M7)
        return NULL;
    sl_core *core = calloc(1, sizeof *core);
    if (!core)
        return NULL;
    core->cache = calloc(SL_DECODE_CACHE, sizeof *core->cache);
    core->pipeline = core_kind == SL_CORTEX_M7 ? sl_m7_pipeline : m3_pipeline;
    if (!core->cache || sl_memo_new(&core->memo, core->pipeline.memo) ||
        (core_kind == SL_CORTEX_M7 && sl_m7_new(core))) {
        sl_free(core);
        return NULL;
    }
    core->unicorn = *unicorn;
    core->kind = core_kind;
    core->flash.tape = &core->tape;
    core->tape.flash = &core->flash;
    core->tape.m7 = core->m7;
    core->settings[SL_APB1_DIVIDER] = core->settings[SL_APB2_DIVIDER] = core->settings[SL_MEMO] = 1;
    core->data_region = &core->regions[0];
    sl_flash_configure(&core->flash, core->settings);
    sl_reset(core);
    return core;
}

void sl_free(sl_core *core)
{
    if (core) {
        sl_profile_free(core);
        sl_trace_free(core);
        sl_memo_free(&core->memo);
        free(core->breakpoints.addresses);
        free(core->cache);
        sl_m7_free(core);
        free(core);
    }
}

int sl_map(sl_core *core, uint32_t base, uint32_t size, const uint8_t *host, int bus)
{
    if (core->region_count == SL_MAX_REGIONS)
        return -1;
    sl_memo_forget(core);
    core->regions[core->region_count++] = (sl_region){base, size, host, bus};
    return 0;
}

int sl_set(sl_core *core, int setting, int64_t value)
{
    if (setting < 0 || setting >= SL_SETTING_COUNT)
        return -1;
    if (setting == SL_FLASH_INVALIDATE) {
        sl_memo_leave(core);
        sl_flash_invalidate(&core->flash, value & 1, value & 2);
        return 0;
    }
    bool event = setting == SL_L1_ICACHE_INVALIDATE || setting == SL_L1_DCACHE_INVALIDATE;
    if (event)
        sl_memo_leave(core);
    else if (core->settings[setting] != value)
        sl_memo_forget(core);
    core->settings[setting] = value;
    sl_flash_configure(&core->flash, core->settings);
    if (core->pipeline.set)
        core->pipeline.set(core, setting, value);
    return 0;
}

void sl_reset(sl_core *core)
{
    sl_memo_leave(core);
    sl_memo_count(core);
    memset(core->counters, 0, sizeof core->counters);
    memset(&core->previous, 0, sizeof core->previous);
    core->previous.op = SL_OP_NOP;
    core->request = core->unmasked = core->inside = false;
    core->passed = 1;
    core->profile.since = 0;
    core->pipeline.reset(core);
}

const sl_region *sl_find_region(const sl_core *core, uint32_t address)
{
    for (int i = 0; i < core->region_count; i++)
        if (address - core->regions[i].base < core->regions[i].size)
            return &core->regions[i];
    return NULL;
}

uint32_t sl_register(const sl_core *core, unsigned number)
{
    uint32_t value = 0;
    core->unicorn.reg_read(core->unicorn.uc, core->unicorn.register_ids[number], &value);
    return value;
}

const sl_insn *sl_lookup(sl_core *core, const sl_region *region, uint32_t address)
{
    uint32_t offset = address - region->base, raw = 0;
    if (region->size - offset >= 4)
        memcpy(&raw, region->host + offset, 4);
    else
        memcpy(&raw, region->host + offset, 2);
    sl_insn *insn = &core->cache[(address >> 1) % SL_DECODE_CACHE];
    uint32_t seen = insn->size == 4 ? raw : raw & 0xFFFF;
    if (insn->address != address || insn->raw != seen || insn->size == 0)
        sl_decode(raw, address, insn);
    return insn;
}

static void stop(sl_core *core, int reason)
{
    core->stop = reason;
    core->inside = false;
    core->unicorn.emu_stop(core->unicorn.uc);
}

static const sl_region *code_region(sl_core *core, uint32_t address)
{
    const sl_region *region = core->fetch.region;
    if (address - region->base < region->size && region->host)
        return region;
    region = sl_find_region(core, address);
    return region && region->host ? region : NULL;
}

/* Brings the model to `address`: either the newest instruction branched there, or an IT block skipped what lies between. */
static void settle(sl_core *core, const sl_region *region, uint32_t address)
{
    if (core->it_remaining > 0 && !core->leaving &&
        address - core->expected <= 16) {
        while (core->it_remaining > 0 && core->expected != address) {
            core->it_remaining--;
            core->pipeline.skip(core, sl_lookup(core, region, core->expected));
        }
    }
    if (core->expected != address || core->leaving) {
        core->it_remaining = 0;
        core->pipeline.follow(core, address);
    }
}

/* But what is there all the time. */
static void expect_nothing(sl_core *core)
{
    bool expect = core->breakpoints.count || core->follow.records || core->request;
    core->plain_until = expect ? 0 : core->cycle_limit;
}

/* Why to stop before the next instruction, or -1. */
static int stop_reason(sl_core *core)
{
    if (core->follow.stop)
        return SL_STOP_FOLLOW;
    bool unmasked = core->unmasked && core->watch_unmask;
    core->unmasked = false;
    if (unmasked)
        return SL_STOP_UNMASK;
    if (core->request) {
        core->request = false;
        if (!core->breaking)
            return SL_STOP_REQUEST;
        core->passed = core->pc;
        return SL_STOP_BREAKPOINT;
    }
    if (core->now >= core->cycle_limit)
        return SL_STOP_CYCLE;
    if (core->counters[SL_INSTRUCTIONS] >= core->instruction_limit)
        return SL_STOP_INSTRUCTION;
    expect_nothing(core);
    return -1;
}

/* Whether there may be a reason to stop; a single branch. */
static bool due(const sl_core *core)
{
    return (core->now >= core->cycle_limit) | (core->counters[SL_INSTRUCTIONS] >= core->instruction_limit) |
           (core->request | core->unmasked | core->follow.stop);
}

static inline void repeat(sl_core *core, sl_step *step)
{
    core->now += step->cycles;
    core->counters[SL_INSTRUCTIONS]++;
    __builtin_prefetch(step->next);
    core->memo.at = step->next;
    core->memo.current = false;
    core->inside = true;
    if (step->hits++ == 0)
        sl_memo_hit_first(&core->memo, step);
}

/* The instruction at `address`, through the model. `trial`: to be remembered if possible; or NULL. */
static inline __attribute__((always_inline)) void execute(sl_core *core, uint32_t address, sl_trial *trial)
{
    if (core->trace.flow.on)
        sl_trace_step(core, address);
    const sl_region *region = code_region(core, address);
    if (!region) { /* nothing to decode: Unicorn is about to fault, or the engine runs code it did not map here */
        core->counters[SL_INSTRUCTIONS]++;
        return;
    }
    if (core->streaming && (address != core->expected || core->leaving))
        settle(core, region, address);
    if (trial)
        trial->skip_cycles = core->now - trial->now;
    /* Unicorn ignores emu_stop within an IT block: what is due waits for the block's end. */
    if (core->it_remaining == 0) {
        int reason = stop_reason(core);
        if (reason >= 0) {
            if (reason != SL_STOP_FOLLOW)
                sl_follow_undo(core);
            stop(core, reason);
            return;
        }
    }
    const sl_insn *insn = sl_lookup(core, region, address);
    bool memorable = trial && sl_memo_classify(core, trial, region, insn);
    core->counters[SL_INSTRUCTIONS]++;
    core->counters[insn->mix]++;
    if (core->it_remaining > 0)
        core->it_remaining--;
    if (insn->op == SL_OP_IT)
        core->it_remaining = insn->count;
    if (insn->op == SL_OP_SLEEP) {
        core->counters[SL_INSTRUCTIONS]--;
        core->counters[insn->mix]--;
        stop(core, SL_STOP_SLEEP);
        return;
    }
    core->pipeline.issue(core, insn);
    if (core->profile.rows)
        sl_profile_add(core, address);
    core->trace.next = address + insn->size;
    core->trace.raw = insn->raw;
    if (insn->flags & SL_F_UNMASKS) {
        core->unmasked = true;
        sl_attend(core);
    }
    core->inside = true;
    if (memorable)
        sl_memo_end(core, trial);
}

static __attribute__((noinline)) void find_or_execute(sl_core *core, uint32_t address)
{
    bool limited = due(core);
    sl_step *step = limited ? NULL : sl_memo_find(core, address);
    if (step) {
        if (step->parks)
            sl_memo_park(core, step);
        repeat(core, step);
        return;
    }
    sl_trial trial;
    if (limited)
        sl_memo_leave(core);
    if (sl_memo_begin(core, &trial))
        execute(core, address, &trial);
    else
        execute(core, address, NULL);
    core->tape.recording = false;
    core->tape.count = core->tape.played = 0;
}

/* What is not done in a few instructions: operands to compare, queries to ask, other steps, the model. */
static __attribute__((noinline)) void on_code(sl_core *core, uint32_t address)
{
    if (core->follow.records)
        sl_follow_step(core, address);
    sl_step *step = core->memo.at;
    core->tape.base = 0;
    if (step->address == address && sl_step_fits(step) && !step->skipped && !due(core) &&
        (step->kind == SL_STEP_FIXED || (step->kind == SL_STEP_OFFSET && sl_memo_is_at(core, step)))) {
        step = sl_step_answered(core, step);
        if (step) {
            if (step->parks)
                sl_memo_park(core, step);
            repeat(core, step);
            return;
        }
    }
    find_or_execute(core, address);
}

static __attribute__((noinline)) void on_code_with_breakpoints(sl_core *core, uint32_t address)
{
    /* What else asks for a stop goes first: this address comes again. */
    if (!core->request && address != core->passed && sl_is_breakpoint(&core->breakpoints, address))
        core->request = core->breaking = true;
    on_code(core, address);
    if (core->stop < 0) /* it is being executed */
        core->passed = 1;
}

void sl_on_code(void *uc, uint64_t address64, uint32_t size, void *user)
{
    sl_core *core = user;
    uint32_t address = (uint32_t)address64;
    (void)uc;
    (void)size;
    core->pc = address;
    sl_step *step = core->memo.at;
    if (step->plain && step->address == address && core->now < core->plain_until && sl_step_fits(step) &&
        core->counters[SL_INSTRUCTIONS] < core->instruction_limit)
        repeat(core, step);
    else if (core->breakpoints.count)
        on_code_with_breakpoints(core, address);
    else
        on_code(core, address);
}

void sl_on_interrupt(void *uc, uint32_t number, void *user)
{
    sl_core *core = user;
    (void)uc;
    core->exception_number = number;
    stop(core, SL_STOP_EXCEPTION);
}

int sl_run(sl_core *core, uint32_t pc, uint64_t cycle_limit, uint64_t instruction_limit)
{
    core->cycle_limit = cycle_limit;
    core->instruction_limit = instruction_limit;
    core->pc = pc;
    core->stop = -1;
    core->unmasked = core->breaking = false;
    expect_nothing(core);
    sl_memo_sync(core);
    if (pc != core->expected) {
        sl_memo_leave(core);
        core->streaming = false;
    }
    core->unicorn_error = core->unicorn.emu_start(core->unicorn.uc, pc | 1, 0xFFFFFFFEu, 0, 0);
    core->inside = false;
    return core->unicorn_error ? SL_STOP_ERROR : core->stop;
}

void sl_request_stop(sl_core *core)
{
    core->request = true;
    sl_attend(core);
}

void sl_watch_unmask(sl_core *core, bool on)
{
    core->watch_unmask = on;
}

int sl_set_breakpoints(sl_core *core, const uint32_t *addresses, size_t count)
{
    sl_attend(core);
    return sl_breakpoints_set(&core->breakpoints, addresses, count);
}

uint32_t sl_pc(const sl_core *core)
{
    return core->pc;
}

uint32_t sl_exception_number(const sl_core *core)
{
    return core->exception_number;
}

int sl_unicorn_error(const sl_core *core)
{
    return core->unicorn_error;
}

uint64_t sl_cycles(const sl_core *core)
{
    sl_memo_sync((sl_core *)core);
    bool access = core->previous.mix == SL_MIX_LOAD || core->previous.mix == SL_MIX_STORE;
    return core->inside && access ? core->access_cycle : core->now;
}

const uint64_t *sl_counters(const sl_core *core)
{
    sl_core *writable = (sl_core *)core;
    sl_memo_count(writable);
    memcpy(writable->snapshot, core->counters, sizeof core->snapshot);
    /* Inside an access the clock stands at its data phase: charge the way there, so that the parts add up. */
    uint64_t cycles = sl_cycles(core);
    if (cycles >= core->now)
        writable->snapshot[SL_CYCLES_DATA] += cycles - core->now;
    else
        writable->snapshot[SL_CYCLES_ISSUE] -= core->now - cycles;
    return core->snapshot;
}

void sl_sleep(sl_core *core, uint64_t cycles)
{
    sl_memo_leave(core);
    sl_trace_sleep(core, cycles);
    sl_advance(core, core->now + cycles, SL_CYCLES_SLEEP);
    sl_profile_sleep(core, cycles);
    core->streaming = false;
    core->branched = false; /* WFI, which is not issued, was the target */
}

/* Cortex-M3 TRM DDI 0337E 5.6: twelve cycles from the request to the first instruction of the handler with zero-wait
 * memory, six when tail-chained. The eight stack writes, the vector read and the first fetch run side by side, so flash
 * wait states show only where they outlast the stacking. */
static void enter_exception(sl_core *core, uint32_t vector, uint32_t handler, uint32_t stack, bool tail_chained)
{
    (void)stack;
    uint64_t start = core->now, length = tail_chained ? 6 : 12;
    uint64_t vector_end = start + 1;
    const sl_region *region = sl_find_region(core, vector);
    if (region)
        vector_end = sl_data_access(core, region->bus, vector, false, start + 1);
    uint64_t request = start + length - 3; /* a fetch requested here executes three cycles later */
    if (vector_end + 1 > request)
        request = vector_end + 1;
    sl_pipeline_redirect(core, handler & ~1u, request);
    sl_advance(core, request + 2, SL_CYCLES_EXCEPTION);
    core->execute = core->decode_free = core->execute_end = core->now;
    core->chain = false;
    core->written = 0;
    core->previous.flags = 0;
    core->previous.writes = 0;
    core->previous.op = SL_OP_NOP;
    core->it_remaining = 0;
    core->leaving = false;
}

void sl_exception_entry(sl_core *core, uint32_t vector, uint32_t handler, uint32_t stack, bool tail_chained)
{
    sl_memo_leave(core);
    sl_trace_exception(core, handler, stack, tail_chained);
    core->pipeline.enter(core, vector, handler, stack, tail_chained);
}

void sl_exception_return(sl_core *core, uint32_t target, uint32_t stack)
{
    sl_memo_leave(core);
    core->pipeline.enter(core, stack, target, stack, false);
    sl_trace_exception_return(core, target, stack);
}

void sl_stack_words(sl_core *core, unsigned words)
{
    sl_memo_leave(core);
    sl_trace_stack(core);
    sl_advance(core, core->now + words, SL_CYCLES_EXCEPTION);
    core->streaming = false;
}

const char *sl_counter_name(int counter)
{
    static const char *const names[SL_COUNTER_COUNT] = {
        [SL_INSTRUCTIONS] = "instructions",
        [SL_IT_SKIPPED] = "it_skipped",
        [SL_MIX_ALU] = "mix_alu",
        [SL_MIX_MUL] = "mix_mul",
        [SL_MIX_DIV] = "mix_div",
        [SL_MIX_LOAD] = "mix_load",
        [SL_MIX_STORE] = "mix_store",
        [SL_MIX_BRANCH] = "mix_branch",
        [SL_MIX_FPU] = "mix_fpu",
        [SL_MIX_OTHER] = "mix_other",
        [SL_CYCLES_ISSUE] = "issue",
        [SL_CYCLES_EXECUTE] = "execute",
        [SL_CYCLES_LATENCY] = "latency",
        [SL_CYCLES_BRANCH] = "branch",
        [SL_CYCLES_FETCH_CORE] = "fetch_core",
        [SL_CYCLES_FETCH_FLASH] = "fetch_flash",
        [SL_CYCLES_DATA] = "data",
        [SL_CYCLES_DATA_FLASH] = "data_flash",
        [SL_CYCLES_DATA_BUS] = "data_bus",
        [SL_CYCLES_EXCEPTION] = "exception",
        [SL_CYCLES_SLEEP] = "sleep",
    };
    return counter >= 0 && counter < SL_COUNTER_COUNT ? names[counter] : NULL;
}
