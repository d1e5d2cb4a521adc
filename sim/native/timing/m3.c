/* The Cortex-M3 and Cortex-M4 pipeline: fetch, decode, execute. docs/timing.md explains the model; sources are named
 * there and, where one line depends on one source, here.
 *
 * Each instruction is placed in time when Unicorn is about to execute it: when its halfwords are there (fetch), when the
 * instruction before leaves decode, when the execute stage, the load/store unit and the registers it needs are free. The
 * cycle in which it enters execute is `core->now` afterwards; every cycle that passed on the way is charged to one
 * counter. */
#include "core.h"

#define LR 14
#define QUEUE_BYTES 12u /* six halfwords: TRM DDI 0337G 1.4, three words */

/* Room in the queue for further words, now that everything below `consumed` has left decode in `cycle`. */
static void free_slots(sl_core *core, uint32_t consumed, uint64_t cycle)
{
    sl_fetch *fetch = &core->fetch;
    while (fetch->known + 4 <= consumed + QUEUE_BYTES) {
        fetch->slot[(fetch->known >> 2) % SL_WORD_RING] = cycle;
        fetch->known += 4;
    }
}

void sl_pipeline_reset(sl_core *core)
{
    core->now = core->execute = core->decode = core->decode_free = core->execute_end = 0;
    core->early = core->hides_nop = core->folds_it = core->lsu = core->delayed = false;
    core->it_left = 0;
    core->load_ideal = core->load_end = core->store_end = core->access_cycle = 0;
    core->chain = false;
    core->written = 0;
    core->it_remaining = 0;
    core->streaming = core->leaving = core->branched = false;
    core->apb_free[0] = core->apb_free[1] = 0;
    core->fp_busy = core->held = core->gap = 0;
    for (int i = 0; i < 32; i++)
        core->fp_ready[i] = 0;
    core->fetch = (sl_fetch){.region = &core->regions[0]};
    sl_flash_reset(&core->flash);
}

void sl_pipeline_redirect(sl_core *core, uint32_t target, uint64_t cycle)
{
    sl_fetch *fetch = &core->fetch;
    sl_fetch_commit(core, cycle);
    if (target - fetch->region->base >= fetch->region->size) {
        const sl_region *region = sl_find_region(core, target);
        if (region)
            fetch->region = region;
    }
    fetch->bus = fetch->region->bus;
    fetch->next = fetch->known = target & ~3u;
    /* Fetches over the system bus are registered (TRM DDI 0337G 12.5.6). */
    fetch->registered = fetch->bus != SL_BUS_FLASH && fetch->bus != SL_BUS_CODE;
    fetch->earliest = later(fetch->earliest, cycle);
    fetch->waited = 0;
    free_slots(core, target, cycle);
    core->expected = target;
    core->streaming = true;
    core->it_left = 0;
}

/* msb(n) - msb(d) decides: measured, cmemu hardware tests sdiv_udiv_timing and sdiv_powers_of_two (M3 and M4). */
unsigned sl_divide_cycles(const sl_core *core, const sl_insn *insn)
{
    uint32_t n = sl_register(core, insn->rn), d = sl_register(core, insn->rm);
    int adjust = 0;
    if (insn->flags & SL_F_SIGNED) {
        bool d_negative = (d & 0x80000000u) != 0;
        uint32_t magnitude = d_negative ? 0u - d : d;
        bool d_power = (magnitude & (magnitude - 1)) == 0;
        if (d_negative && d_power && n != 0x80000000u)
            adjust = 1;
        if (d_negative && !d_power && n == 0x80000000u)
            adjust = -1;
        d = magnitude;
        if (n & 0x80000000u)
            n = 0u - n;
    }
    if (n == 0 || d == 0)
        return 2;
    int difference = __builtin_clz(d) - __builtin_clz(n) + adjust;
    return difference < 0 ? 3 : 5 + (unsigned)difference / 4;
}

enum operand_class { ZERO, LOW, HIGH, FULL };

static enum operand_class classify(uint32_t value)
{
    if (value == 0)
        return ZERO;
    if ((value >> 16) == 0)
        return LOW;
    return (value & 0xFFFF) == 0 ? HIGH : FULL;
}

/* Long multiplication on the M3 depends on which halves of the factors are non-zero: measured, cmemu hardware tests
 * smull_umull_timing and smlal_umlal_timing. */
unsigned sl_long_multiply_cycles(const sl_core *core, const sl_insn *insn)
{
    static const uint8_t plain[4][4] = {{3, 3, 3, 3}, {3, 3, 4, 4}, {3, 4, 3, 4}, {3, 4, 4, 5}};
    static const uint8_t accumulating[4][4] = {{3, 3, 3, 3}, {3, 3, 5, 5}, {3, 5, 5, 6}, {3, 5, 6, 7}};
    uint32_t n = sl_register(core, insn->rn), m = sl_register(core, insn->rm);
    enum operand_class cn = classify(n), cm = classify(m);
    unsigned cycles = insn->op == SL_OP_MLAL ? accumulating[cn][cm] : plain[cn][cm];
    if (insn->flags & SL_F_SIGNED) {
        bool n_negative = (n & 0x80000000u) != 0, m_negative = (m & 0x80000000u) != 0;
        if (cn == HIGH && cm == HIGH)
            cycles += n_negative || m_negative;
        else if ((cn == LOW && cm >= HIGH) || (cm == LOW && cn >= HIGH))
            cycles += m_negative;
        else if (cn == FULL && cm == HIGH)
            cycles += n_negative || m_negative;
    }
    return cycles;
}

/* An MLA that adds to the high half of the long product before it overlaps that product's last cycle: measured, cmemu
 * hardware test xmull_mla. */
static bool accumulates_high(const sl_core *core, const sl_insn *insn)
{
    const sl_insn *product = &core->previous;
    return product->op == SL_OP_MULL && insn->rd_high == product->rd_high &&
           insn->rn != product->rd_high && insn->rm != product->rd_high;
}

uint32_t sl_effective_address(const sl_core *core, const sl_insn *insn)
{
    uint32_t base = insn->flags & SL_F_PC_BASE ? (insn->address + 4) & ~3u : sl_register(core, insn->rn);
    if (insn->op == SL_OP_TABLE && (insn->flags & SL_F_PC_BASE))
        base = insn->address + 4;
    if (insn->flags & SL_F_INDEXED)
        return base + (sl_register(core, insn->rm) << insn->shift);
    return insn->flags & SL_F_POST ? base : base + (uint32_t)insn->offset;
}

int sl_bus_of(sl_core *core, uint32_t address)
{
    const sl_region *region = core->data_region;
    if (address - region->base >= region->size) {
        region = sl_find_region(core, address);
        if (!region)
            return SL_BUS_SYSTEM;
        core->data_region = region;
    }
    return region->bus;
}

/* The three ports of the load/store unit: D-Code, the private peripheral bus, the system bus. */
static int port(int bus)
{
    if (bus == SL_BUS_FLASH || bus == SL_BUS_CODE)
        return 0;
    return bus == SL_BUS_PPB ? 1 : 2;
}

/* Accesses that the aligner splits: Cortex-M3 TRM DDI 0337 3.4.2 and the cmemu aligner tests. */
static unsigned extra_accesses(uint32_t address, unsigned width)
{
    if (width == 4)
        return (address & 3) == 0 ? 0 : (address & 1) ? 2 : 1;
    return width == 2 && (address & 1);
}

/* Waits until loads before this instruction have delivered. */
static void wait_for_load(sl_core *core)
{
    if (core->load_end >= core->now) {
        sl_advance(core, core->load_ideal + 1, SL_CYCLES_DATA);
        sl_advance(core, core->load_end + 1,
                   core->access_bus == SL_BUS_FLASH ? SL_CYCLES_DATA_FLASH : SL_CYCLES_DATA_BUS);
    }
}

static void wait_for_store(sl_core *core)
{
    sl_advance(core, core->store_end + 1, SL_CYCLES_DATA_BUS);
}

/* Waits until the instruction's halfwords are there, and notes when it entered decode. */
static void wait_for_fetch(sl_core *core, const sl_insn *insn)
{
    uint64_t ready = sl_fetch_ready(core, insn->address + insn->size - 2u);
    /* A target is decoded no earlier than in the cycle after its branch has executed. */
    if (core->gap && ready > core->decode_free) /* decode looks when the access begins to wait, and when it is done */
        ready = later(ready, core->gap + 1);
    core->decode = later(ready, core->decode_free + core->branched);
    if (core->decode >= core->now) {
        sl_fetch *fetch = &core->fetch;
        uint64_t missing = core->decode + 1 - core->now, waited = later(fetch->waited, 0);
        uint64_t flash = fetch->bus == SL_BUS_FLASH && waited < missing ? waited : 0;
        if (fetch->bus == SL_BUS_FLASH && waited >= missing)
            flash = missing;
        sl_advance(core, core->now + missing - flash, core->branched ? SL_CYCLES_BRANCH : SL_CYCLES_FETCH_CORE);
        sl_advance(core, core->decode + 1, SL_CYCLES_FETCH_FLASH);
        fetch->waited = 0;
    }
    core->branched = false;
}

/* When the queue is refilled behind an instruction that was decoded in core->decode and enters execute in `entered`: at
 * once where decode is sure to advance, which execute does not know while it holds an instruction of several cycles. */
static uint64_t refill_ahead(const sl_core *core, uint64_t entered)
{
    uint64_t ahead = later(core->decode, core->decode <= core->gap ? core->gap : core->held + 1);
    return ahead < entered ? ahead : entered;
}

static void memory_single(sl_core *core, const sl_insn *insn, uint32_t address, int bus)
{
    bool store = insn->op == SL_OP_STORE;
    uint64_t start = core->execute + 1;
    if (bus == core->access_bus)
        start = later(start, later(core->load_end, core->store_end) + 1);
    core->access_cycle = start;
    uint64_t end = sl_data_access(core, bus, address, store, start);
    core->access_cycle = end;
    for (unsigned extra = extra_accesses(address, insn->width); extra; extra--)
        end = sl_data_access(core, bus, address, store, end + 1);
    core->access_bus = bus;
    if (store) {
        core->store_end = end;
    } else {
        core->load_ideal = later(core->execute, core->load_ideal) + 1 + extra_accesses(address, insn->width);
        core->load_end = end;
    }
}

static void memory_list(sl_core *core, const sl_insn *insn, uint32_t address, int bus)
{
    bool store = insn->op == SL_OP_STORE_LIST;
    uint64_t start = core->execute + 1, end = start;
    if (bus == core->access_bus)
        start = later(start, core->store_end + 1);
    unsigned words = insn->count;
    if (insn->op == SL_OP_TABLE)
        words = 1 + extra_accesses(address, insn->width);
    for (unsigned word = 0; word < words; word++) {
        end = sl_data_access(core, bus, address + 4 * word, store, start);
        start = end + 1;
    }
    core->access_bus = bus;
    core->access_cycle = end;
    core->load_ideal = core->execute + words;
    core->load_end = later(end, core->load_ideal);
    if (store)
        core->store_end = end;
}

static void fpu(sl_core *core, const sl_insn *insn)
{
    for (int s = 0; s < 3; s++)
        if (insn->fp_source[s] != 0xff)
            sl_advance(core, core->fp_ready[insn->fp_source[s] & 31], SL_CYCLES_LATENCY);
    sl_advance(core, core->fp_busy, SL_CYCLES_LATENCY);
}

/* Where a branch's target is requested in decode: immediate branches, and returns through a link register that the
 * instruction before did not write (TRM DDI 0337G table 15-3; measured: cmemu bl_blx_bx tests). */
static bool decode_time_branch(const sl_core *core, const sl_insn *insn)
{
    if (insn->op == SL_OP_BRANCH)
        return true;
    bool fresh = (core->previous.writes & (1u << LR)) && core->previous.mix != SL_MIX_BRANCH;
    return insn->op == SL_OP_BRANCH_REG && insn->rm == LR && !fresh;
}

/* Whether an IT behind this instruction may be folded: not behind the last one of another IT's block (measured: cmemu
 * it_fold tests). */
static bool folds_it(sl_core *core, const sl_insn *insn)
{
    if (core->it_left == 0)
        return insn->flags & SL_F_FOLDS_IT;
    core->it_left--;
    return false;
}

void sl_pipeline_issue(sl_core *core, const sl_insn *insn)
{
    if (!core->streaming)
        sl_pipeline_redirect(core, insn->address, core->now);
    if (core->previous.op == SL_OP_BRANCH && !core->branched) /* speculative fetch: TRM DDI 0337G 15.3 */
        sl_fetch_waste(core, core->previous.address + 4 + (uint32_t)core->previous.offset, core->decode);

    bool memory = insn->op >= SL_OP_LOAD && insn->op <= SL_OP_TABLE;
    uint32_t address = memory ? sl_effective_address(core, insn) : 0;
    int bus = memory ? sl_bus_of(core, address) : core->access_bus;
    bool overlap = core->chain && (insn->op == SL_OP_LOAD || insn->op == SL_OP_STORE) &&
                   !(insn->flags & SL_F_WRITEBACK) && !(insn->bases & core->previous.writes);
    if (overlap) {
    } else if (insn->op != SL_OP_NOP || !core->hides_nop) {
        wait_for_load(core);
        /* The address of a store may be on the bus together with the data of the one before. */
        bool store = insn->op == SL_OP_STORE || insn->op == SL_OP_STORE_LIST;
        if (memory && !(store && core->chain && port(bus) == port(core->access_bus)))
            wait_for_store(core);
    }
    if (insn->bases & core->written)
        sl_advance(core, core->execute_end + 1, SL_CYCLES_LATENCY);
    if (insn->op == SL_OP_FPU)
        fpu(core, insn);
    if (core->previous.flags & SL_F_SETS_FLAGS_LATE && insn->op == SL_OP_BRANCH && insn->flags & SL_F_CONDITIONAL)
        sl_advance(core, core->execute_end + 1, SL_CYCLES_LATENCY);
    uint64_t previous_decode = core->decode;
    if (insn->op == SL_OP_IT && core->folds_it && !core->branched && sl_fetch_ready(core, insn->address) <= previous_decode) {
        free_slots(core, insn->address + insn->size, core->now - 1);
        core->previous = *insn;
        core->lsu = core->folds_it = false;
        core->it_left = insn->count;
        core->expected = insn->address + insn->size;
        return;
    }
    wait_for_fetch(core, insn);

    uint64_t entered = core->decode_free = core->now;
    if (overlap) { /* in execute behind the access in its data phase, the address follows when the bus takes it */
        if (port(bus) != port(core->access_bus)) {
            wait_for_load(core);
            wait_for_store(core);
        } else if (insn->op == SL_OP_LOAD && core->previous.op == SL_OP_STORE) {
            wait_for_store(core);
        }
    }
    core->execute = core->now;
    uint64_t ahead = refill_ahead(core, entered);
    core->gap = core->execute > entered && port(bus) == port(core->access_bus) ? core->execute : 0;
    core->early = decode_time_branch(core, insn);
    core->delayed = core->held >= core->decode;
    core->hides_nop = false;
    free_slots(core, insn->address + insn->size, ahead);
    unsigned cycles = 1;
    bool chain = false;
    uint16_t written = 0;
    switch (insn->op) {
    case SL_OP_LOAD:
        memory_single(core, insn, address, bus);
        chain = core->hides_nop = !(insn->writes & 0xA000);
        break;
    case SL_OP_STORE:
        memory_single(core, insn, address, bus);
        chain = !(insn->flags & (SL_F_WRITEBACK | SL_F_INDEXED));
        if (insn->flags & SL_F_INDEXED) /* the third register is read in a second cycle, which a NOP may fill */
            core->load_ideal = core->load_end = later(core->load_end, core->execute + 1);
        core->hides_nop = (insn->flags & SL_F_INDEXED) != 0;
        break;
    case SL_OP_LOAD_LIST:
    case SL_OP_STORE_LIST:
    case SL_OP_TABLE:
        memory_list(core, insn, address, bus);
        core->decode_free = core->execute + insn->count; /* decode steps through the list */
        break;
    case SL_OP_MLA:
        cycles = core->kind == SL_CORTEX_M3 && !accumulates_high(core, insn) ? 2 : 1;
        written = insn->writes;
        break;
    case SL_OP_MULL:
    case SL_OP_MLAL:
        cycles = core->kind == SL_CORTEX_M3 ? sl_long_multiply_cycles(core, insn) : 1;
        written = core->kind == SL_CORTEX_M3 ? (uint16_t)(1u << insn->rd_high) : insn->writes;
        break;
    case SL_OP_DIV:
        cycles = sl_divide_cycles(core, insn);
        written = insn->writes;
        break;
    case SL_OP_FPU:
        cycles = insn->flags & SL_F_LONG_FP ? 1 : insn->cycles;
        if (insn->flags & SL_F_LONG_FP)
            core->fp_busy = core->execute + insn->cycles;
        if (insn->fp_dest != 0xff)
            core->fp_ready[insn->fp_dest & 31] = core->execute + insn->cycles + 1;
        written = insn->writes;
        break;
    default:
        written = insn->writes;
        break;
    }
    core->counters[SL_CYCLES_ISSUE]++;
    core->now++;
    sl_advance(core, core->execute + cycles, SL_CYCLES_EXECUTE);
    core->execute_end = core->now;
    if (insn->op == SL_OP_LOAD || insn->op == SL_OP_LOAD_LIST || insn->op == SL_OP_TABLE)
        core->held = core->load_end;
    if ((insn->op == SL_OP_LOAD || insn->op == SL_OP_LOAD_LIST) && (insn->flags & SL_F_WRITEBACK || (insn->op == SL_OP_LOAD_LIST && insn->size == 2))) {
        written = insn->late;
        core->execute_end = core->load_end + 1;
    }
    if (insn->op == SL_OP_STORE || insn->op == SL_OP_STORE_LIST)
        core->held = later(core->execute, core->load_end);
    else if (insn->op == SL_OP_DIV || insn->op == SL_OP_SYSTEM || (core->kind == SL_CORTEX_M3 && (insn->op == SL_OP_MLA || insn->op == SL_OP_MULL || insn->op == SL_OP_MLAL)))
        core->held = core->now - 1;
    core->written = written;
    core->chain = chain;
    core->previous = *insn;
    core->lsu = memory;
    core->folds_it = folds_it(core, insn);
    if (insn->op == SL_OP_IT)
        core->it_left = insn->count;
    core->expected = insn->address + insn->size;
    core->leaving = (insn->flags & (SL_F_WRITES_PC | SL_F_CONDITIONAL)) == SL_F_WRITES_PC;
}

void sl_pipeline_skip(sl_core *core, const sl_insn *insn)
{
    wait_for_fetch(core, insn);
    core->execute = core->decode_free = core->now;
    if (decode_time_branch(core, insn)) {
        uint32_t target = insn->op == SL_OP_BRANCH ? insn->address + 4 + (uint32_t)insn->offset : sl_register(core, LR);
        sl_fetch_waste(core, target & ~1u, core->decode);
    }
    free_slots(core, insn->address + insn->size, refill_ahead(core, core->execute));
    core->gap = 0;
    core->counters[SL_CYCLES_ISSUE]++;
    core->counters[SL_IT_SKIPPED]++;
    bool lsu = insn->op >= SL_OP_LOAD && insn->op <= SL_OP_TABLE;
    if (core->lsu)
        core->held = core->execute;
    core->lsu = lsu;
    core->now++;
    core->execute_end = core->now;
    core->written = 0;
    core->chain = false;
    core->previous.op = SL_OP_NOP;
    core->previous.address = insn->address;
    core->previous.size = insn->size;
    core->previous.flags = 0;
    core->folds_it = folds_it(core, insn);
    core->previous.writes = 0;
    core->expected = insn->address + insn->size;
}

void sl_pipeline_follow(sl_core *core, uint32_t address)
{
    const sl_insn *insn = &core->previous;
    core->leaving = false;
    if (!(insn->flags & SL_F_WRITES_PC)) {
        core->streaming = false;
        return;
    }
    uint64_t request = core->execute + insn->cycles - 1;
    if (core->early)
        request = core->decode;
    else if (insn->op == SL_OP_LOAD || insn->op == SL_OP_LOAD_LIST)
        request = core->load_end + 1;
    else if (insn->op == SL_OP_TABLE)
        request = core->load_end + 2;
    sl_pipeline_redirect(core, address, request);
    if (core->early) /* the branch keeps its place in the queue until it has left decode */
        core->fetch.slot[((address >> 2) + 2) % SL_WORD_RING] = core->execute + core->delayed;
    core->branched = true;
}
