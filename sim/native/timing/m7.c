/* The Cortex-M7 pipeline: in order, up to two instructions a cycle. docs/timing/m7.md explains the model; sources are
 * named there and, where one line depends on one source, here (JNK: jnk0le/random, "pipeline cycle test").
 *
 * Each instruction is placed when Unicorn is about to execute it: in the cycle of the one before where the two may issue
 * together, else in the first cycle in which its halfwords and operands are there. */
#include "m7.h"

#include <stdlib.h>
#include <string.h>

#define LATE_FLAGS 2 /* flags come from the late ALU, whichever computes the result: JNK, "branching/cmp" */

int sl_m7_new(sl_core *core)
{
    core->m7 = calloc(1, sizeof *core->m7);
    if (core->m7)
        core->m7->decoded = calloc(SL_DECODE_CACHE, sizeof *core->m7->decoded);
    return core->m7 && core->m7->decoded ? 0 : -1;
}

void sl_m7_free(sl_core *core)
{
    if (core->m7)
        free(core->m7->decoded);
    free(core->m7);
}

static void reset(sl_core *core)
{
    sl_m7_insn *decoded = core->m7->decoded;
    *core->m7 = (struct sl_m7){.decoded = decoded};
    struct sl_m7 *m7 = core->m7;
    for (unsigned i = 0; i < SL_DECODE_CACHE; i++)
        decoded[i].address = 1; /* matches nothing */
    sl_cache_reset(&m7->icache, 2, 64); /* 4 KiB each: STM32F746 datasheet DS10916, DDI 0489F 5.9 */
    sl_cache_reset(&m7->dcache, 4, 32);
    sl_cache_reset(&m7->art, 64, 1);
    m7->prefetch.fill.line = m7->data_fill.line = m7->art_line = SL_NO_LINE;
    memset(m7->btac, 0xff, sizeof m7->btac);
    m7->paired = true;
    core->now = core->access_cycle = 0;
    core->it_remaining = 0;
    core->streaming = core->leaving = core->branched = false;
    core->fetch = (sl_fetch){.region = &core->regions[0]};
}

/* First cycle in which the registers in `set`, needed `stage` cycles after issue, allow to issue. */
static uint64_t registers(const struct sl_m7 *m7, uint32_t set, unsigned stage, uint64_t need)
{
    for (; set; set &= set - 1) {
        uint64_t available = m7->available[__builtin_ctz(set)];
        if (available > need + stage)
            need = available - stage;
    }
    return need;
}

static uint64_t fp_operands(const struct sl_m7 *m7, const sl_m7_insn *insn, uint64_t need)
{
    for (int operand = 0; operand < 3; operand++)
        for (unsigned i = 0; i < insn->fp_reads_count[operand]; i++) {
            unsigned s = (insn->fp_reads_first[operand] + i) & 31;
            uint64_t available = m7->fp_available[s];
            bool loaded = m7->fp_loaded >> s & 1;
            /* The accumulator is read two stages on, but a loaded one comes late; so is what VSTR stores; moves to core
             * registers see a loaded value a cycle later: JNK "result latency". */
            if (operand == 2 && (insn->flags & SL_M7_FP_MAC) && loaded)
                available += 2;
            else if (operand == 2 && !loaded && available >= 2)
                available -= 2;
            else if (operand == 0 && loaded && !(insn->flags & SL_M7_FP))
                available += 1;
            need = later(need, available);
        }
    return need;
}

static uint64_t operands(const struct sl_m7 *m7, const sl_m7_insn *insn)
{
    uint64_t need = registers(m7, insn->early, 0, 0);
    need = registers(m7, insn->late, 1, need);
    if (insn->flags & SL_M7_NOT_LOADED)
        need = registers(m7, insn->late & m7->loaded, 0, need);
    need = registers(m7, insn->accumulated, 2, need);
    need = registers(m7, insn->stored, 3, need);
    if ((insn->flags & SL_M7_READS_FLAGS) || (m7->conditional && !(insn->flags & SL_M7_BRANCH)))
        need = later(need, m7->flags_cycle + 1);
    if (insn->fp_reads_count[0] | insn->fp_reads_count[1] | insn->fp_reads_count[2])
        need = fp_operands(m7, insn, need);
    if (insn->flags & SL_M7_FP_BEHIND_MAC)
        need = later(need, m7->fp_mac_end);
    return need;
}

/* Whether two instructions may issue together, operands apart: JNK and quinapalus.com/cm7cycles.html. */
static bool may_pair(const struct sl_m7 *m7, uint32_t younger, uint32_t address)
{
    uint32_t older = m7->older, both = older & younger;
    if (younger & (SL_M7_ALONE | SL_M7_OLDER))
        return false;
    if (both & (SL_M7_MAC | SL_M7_STORE | SL_M7_BRANCH | SL_M7_FP))
        return false;
    if ((younger & SL_M7_SHIFTER) && (older & (SL_M7_SHIFTER | SL_M7_SHIFT)))
        return false;
    if (((older & SL_M7_MAC) && (younger & SL_M7_STORE)) || ((older & SL_M7_STORE) && (younger & SL_M7_MAC)))
        return false;
    return !(both & SL_M7_LOAD) || ((address ^ m7->older_address) & 4) != 0; /* two loads: even and odd word */
}

static void wait_for_fetch(sl_core *core, uint64_t ready)
{
    sl_prefetch *prefetch = &core->m7->prefetch;
    if (ready > core->now) {
        uint64_t missing = ready - core->now, waited = prefetch->waited < missing ? prefetch->waited : missing;
        sl_advance(core, ready - waited, core->branched ? SL_CYCLES_BRANCH : SL_CYCLES_FETCH_CORE);
        sl_advance(core, ready, SL_CYCLES_FETCH_FLASH);
    }
    prefetch->waited = 0;
}

/* Whether the instruction uses the early ALU: its operands are there, and its condition, and the other instruction leaves it
 * free. */
static bool executes_early(const struct sl_m7 *m7, const sl_m7_insn *insn, bool younger)
{
    if (!(insn->flags & (SL_M7_EARLY | SL_M7_SHIFT)))
        return false;
    if (younger && ((insn->flags & SL_M7_EARLY) || (m7->older & SL_M7_SHIFTER)))
        return false;
    if ((insn->flags & SL_M7_READS_FLAGS) || (m7->conditional && m7->flags_cycle + LATE_FLAGS > m7->cycle))
        return false;
    return registers(m7, insn->late, 0, 0) <= m7->cycle;
}

/* Loads and stores, word after word where there are several; returns the cycles waited for beyond hits. */
static uint64_t access_memory(sl_core *core, const sl_insn *insn, uint32_t address, uint64_t start)
{
    bool store = insn->op == SL_OP_STORE || insn->op == SL_OP_STORE_LIST;
    unsigned words = insn->op == SL_OP_LOAD_LIST || insn->op == SL_OP_STORE_LIST ? insn->count : 1;
    uint64_t wait = 0;
    if (store) {
        for (unsigned i = 0; i < words; i += 2) /* 64 bits at once */
            wait += sl_m7_store(core, address + 4 * i, words > 1 ? 4 : insn->width, start + i / 2 + wait);
        return wait;
    }
    uint32_t last = address + 4 * (words - 1);
    wait = sl_m7_load(core, address, start);
    for (uint32_t line = (address | (SL_LINE_BYTES - 1)) + 1; line - 1 < last; line += SL_LINE_BYTES)
        wait += sl_m7_load(core, line, start + (line - address) / 8 + wait);
    return wait;
}

/* Cycles in which the instruction keeps the next one from issuing, beyond its first. */
static unsigned extra_cycles(sl_core *core, const sl_insn *insn, uint32_t address, bool younger)
{
    switch (insn->op) {
    case SL_OP_LOAD:
        return (address & (insn->width - 1u)) ? 3u + younger : 0; /* unaligned: JNK "loads" */
    case SL_OP_LOAD_LIST:
        return (insn->count + 1u) / 2 - (insn->count > 0);
    case SL_OP_STORE_LIST: /* JNK: an even number of words that does not start at a multiple of 8 takes one more */
        return (insn->count + 1u) / 2 - (insn->count > 0) + ((address & 4) && insn->count > 1 && insn->count % 2 == 0);
    case SL_OP_DIV:
        return sl_divide_cycles(core, insn) - 1;
    case SL_OP_TABLE:
        return 1; /* ARMScheduleM7.td */
    case SL_OP_FPU:
        return insn->flags & SL_F_LONG_FP ? 13 + 2 * ((insn->raw >> 4 & 0xF) != 0xB) : 0; /* VDIV 16, VSQRT 14 */
    default:
        return 0;
    }
}

static void write_results(sl_core *core, const sl_insn *insn, const sl_m7_insn *details, uint64_t cycle, bool early)
{
    struct sl_m7 *m7 = core->m7;
    uint64_t available = cycle + (early ? 1 : details->result);
    uint16_t loaded = 0;
    for (uint32_t set = insn->writes; set; set &= set - 1)
        m7->available[__builtin_ctz(set)] = available;
    if (insn->op == SL_OP_LOAD || insn->op == SL_OP_LOAD_LIST) {
        loaded = insn->width == 4 ? insn->writes : 0;
    }
    if (insn->flags & SL_F_WRITEBACK) { /* from address generation */
        m7->available[insn->rn & 15] = m7->cycle + 1;
        loaded &= (uint16_t)~(1u << insn->rn);
    }
    m7->loaded = (uint16_t)((m7->loaded & ~insn->writes) | loaded);
    if (details->flags & SL_M7_SETS_FLAGS)
        if (!m7->conditional || insn->writes == 0 || insn->size == 4)
            m7->flags_cycle = m7->cycle + (details->flags & SL_M7_MAC ? 1 : 0);
    for (unsigned i = 0; i < details->fp_count; i++) {
        unsigned s = (details->fp_first + i) & 31;
        m7->fp_available[s] = cycle + details->fp_latency;
        m7->fp_loaded = (m7->fp_loaded & ~(1u << s)) | (uint32_t)(insn->op == SL_OP_LOAD_LIST) << s;
    }
    if (details->flags & SL_M7_FP_MAC)
        m7->fp_mac_end = m7->cycle + 4;
}

static void place(sl_core *core, const sl_insn *insn, bool executed)
{
    struct sl_m7 *m7 = core->m7;
    sl_m7_insn *details = &m7->decoded[insn - core->cache];
    if (details->address != insn->address || details->raw != insn->raw)
        sl_m7_decode(insn, details);

    if (!core->streaming) {
        m7->branch_pending = false;
        m7->paired = true;
        sl_m7_fetch_from(core, insn->address, core->now);
        core->branched = true;
    }
    if (m7->branch_pending)
        sl_m7_not_taken(core);
    m7->conditional = m7->it_left > 0;
    if (m7->it_left)
        m7->it_left--;
    if (insn->op == SL_OP_IT)
        m7->it_left = insn->count;

    uint64_t ready = sl_m7_fetch(core, insn), need = operands(m7, details);
    bool memory = insn->op >= SL_OP_LOAD && insn->op <= SL_OP_TABLE;
    uint32_t address = memory ? sl_effective_address(core, insn) : 0;
    bool younger = !m7->paired && ready <= m7->cycle && need <= m7->cycle &&
                   may_pair(m7, details->flags, address);
    if (younger) {
        m7->paired = true;
    } else {
        wait_for_fetch(core, ready);
        sl_advance(core, need, SL_CYCLES_LATENCY);
        m7->cycle = core->now++;
        core->counters[SL_CYCLES_ISSUE]++;
        m7->paired = (details->flags & SL_M7_ALONE) != 0;
        m7->older = details->flags;
        m7->older_address = address;
    }
    core->branched = false;
    m7->prefetch.freed[m7->prefetch.entry] = later(m7->cycle, 2) - 2;

    bool early = executes_early(m7, details, younger);
    uint64_t start = core->now - 1; /* later than the cycle of issue where the older instruction keeps the pair */
    unsigned extra = extra_cycles(core, insn, address, younger);
    if (extra)
        sl_advance(core, core->now + extra, memory ? SL_CYCLES_DATA : SL_CYCLES_EXECUTE);
    core->access_cycle = start;
    if (memory && executed) {
        uint64_t wait = access_memory(core, insn, address, start);
        if (wait)
            sl_advance(core, core->now + wait,
                       core->access_bus == SL_BUS_AXI_FLASH || core->access_bus == SL_BUS_ITCM_FLASH
                           ? SL_CYCLES_DATA_FLASH : SL_CYCLES_DATA_BUS);
    }
    /* What stalls the pipeline delays the result as well. */
    write_results(core, insn, details, core->now - 1, early);

    core->previous = *insn;
    core->expected = insn->address + insn->size;
    core->leaving = (insn->flags & (SL_F_WRITES_PC | SL_F_CONDITIONAL)) == SL_F_WRITES_PC;
    if ((insn->flags & SL_F_WRITES_PC) && insn->op != SL_OP_BARRIER)
        sl_m7_predict(core, insn);
}

static void issue(sl_core *core, const sl_insn *insn)
{
    place(core, insn, true);
}

/* A skipped instruction takes the slots and cycles of an executed one: JNK "predication". */
static void skip(sl_core *core, const sl_insn *insn)
{
    place(core, insn, false);
    core->leaving = false;
    core->counters[SL_IT_SKIPPED]++;
}

static void follow(sl_core *core, uint32_t address)
{
    struct sl_m7 *m7 = core->m7;
    core->leaving = false;
    if (!(core->previous.flags & SL_F_WRITES_PC)) {
        core->streaming = false;
    } else if (m7->branch_pending) {
        sl_m7_taken(core, address);
    } else { /* ISB: everything behind it is fetched again */
        sl_m7_fetch_from(core, address, core->now);
        core->branched = true;
    }
    core->expected = address;
}

/* Twelve cycles with stack and vectors in tightly coupled memory (Arm, Cortex-M7 product page); what the vector read and
 * the handler's fetch wait for comes on top, stores of the frame allocate cache lines. */
static void enter(sl_core *core, uint32_t vector, uint32_t handler, uint32_t stack, bool tail_chained)
{
    struct sl_m7 *m7 = core->m7;
    uint64_t start = core->now, wait = 0;
    bool returning = vector == stack;
    if (!tail_chained)
        for (uint32_t offset = 0; offset < 32; offset += 8) {
            if (returning)
                wait += sl_m7_load(core, stack + offset, start + wait);
            else
                sl_m7_store(core, stack + offset, 4, start);
        }
    if (!returning)
        wait = sl_m7_load(core, vector, start);
    sl_advance(core, start + (tail_chained ? 6 : 12) + wait, SL_CYCLES_EXCEPTION);
    m7->branch_pending = false;
    m7->it_left = 0;
    m7->paired = true;
    sl_m7_fetch_from(core, handler & ~1u, core->now - 5);
    core->previous.flags = 0;
    core->previous.writes = 0;
    core->previous.op = SL_OP_NOP;
    core->it_remaining = 0;
    core->leaving = false;
    core->branched = true;
}

const sl_pipeline sl_m7_pipeline = {reset, issue, skip, follow, enter, sl_m7_set, &sl_m7_memo};
