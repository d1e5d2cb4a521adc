/* The Cortex-M7's prefetch unit and branch prediction. */
#include "m7.h"

/* Stages between the request of a block that hits and the issue of its instructions, and the bubble behind a taken branch
 * that only the decoder predicts: 4 cycles an iteration of a two-instruction loop with the BTAC disabled, one with it
 * (dwelch67/stm32_samples, NUCLEO-F767ZI/perf01, code in RAM). */
#define FETCH_STAGES SL_M7_FETCH_STAGES
#define DECODED_BUBBLE 3
#define LOOKUP 2 /* from the request until a miss is on its way to the AXI port: perf01, uncached flash */

static const sl_region *code_region(sl_core *core, uint32_t address)
{
    const sl_region *region = core->fetch.region;
    if (address - region->base >= region->size) {
        const sl_region *found = sl_find_region(core, address);
        if (found)
            core->fetch.region = region = found;
    }
    return region;
}

/* Whether asking for `block` starts a line fill. */
static bool misses(sl_core *core, const sl_region *region, uint32_t block)
{
    struct sl_m7 *m7 = core->m7;
    if (region->bus != SL_BUS_AXI_FLASH && region->bus != SL_BUS_AXI_SRAM)
        return false;
    if (sl_fill_beat(&m7->prefetch.fill, block) != UINT64_MAX)
        return false;
    return !core->settings[SL_L1_ICACHE] ||
           !sl_m7_ask_cache(core, SL_CACHE_HIT, SL_TABLE_INSTRUCTIONS, block / SL_LINE_BYTES, false);
}

static void start_fill(sl_core *core, const sl_region *region, uint32_t block, uint64_t cycle)
{
    sl_prefetch *prefetch = &core->m7->prefetch;
    bool cached = core->settings[SL_L1_ICACHE] != 0;
    prefetch->fill = sl_m7_line_fill(core, region->bus, block, later(cycle, prefetch->fill.end + 1), cached);
    if (cached)
        sl_m7_ask_cache(core, SL_CACHE_FILL, SL_TABLE_INSTRUCTIONS, block / SL_LINE_BYTES, false);
}

/* Fetches `block` with its request in `request` and puts it into the next entry of the queue. */
static void fetch_block(sl_core *core, uint32_t block, uint64_t request)
{
    struct sl_m7 *m7 = core->m7;
    sl_prefetch *prefetch = &m7->prefetch;
    const sl_region *region = code_region(core, block);
    uint64_t wait = 0;
    if (region->bus == SL_BUS_AXI_FLASH || region->bus == SL_BUS_AXI_SRAM) {
        if (misses(core, region, block))
            start_fill(core, region, block, request + LOOKUP);
        uint64_t beat = sl_fill_beat(&prefetch->fill, block);
        if (beat != UINT64_MAX && beat > request + LOOKUP)
            wait = beat - request - LOOKUP;
    } else if (region->bus == SL_BUS_ITCM_FLASH) {
        wait = sl_m7_itcm_flash(core, block, request + LOOKUP);
    }
    prefetch->block = block;
    prefetch->entry = (prefetch->entry + 1) & 3;
    prefetch->request = request + wait;
    prefetch->ready = prefetch->request + FETCH_STAGES;
    prefetch->waited += wait;
}

static void fetch_next(sl_core *core, uint32_t block)
{
    sl_prefetch *prefetch = &core->m7->prefetch;
    fetch_block(core, block, later(prefetch->request + 1, prefetch->freed[(prefetch->entry + 1) & 3]));
}

/* The unit went on in sequence from `block`, asked for in `request`, until another address arrived in `until`: line fills
 * that were started by then are finished. */
static void run_ahead(sl_core *core, uint32_t block, uint64_t request, uint64_t until)
{
    sl_prefetch *prefetch = &core->m7->prefetch;
    for (unsigned ahead = 1; ahead <= 4; ahead++, block += 8) {
        request = later(request, prefetch->freed[(prefetch->entry + ahead) & 3]);
        if (request + LOOKUP > until)
            return;
        const sl_region *region = code_region(core, block);
        if (misses(core, region, block)) {
            uint64_t launch = later(request + LOOKUP, prefetch->fill.end + 1);
            if (launch <= until)
                start_fill(core, region, block, launch);
            return;
        }
        request++;
    }
}

void sl_m7_fetch_from(sl_core *core, uint32_t target, uint64_t request)
{
    sl_prefetch *prefetch = &core->m7->prefetch;
    for (int i = 0; i < 4; i++)
        prefetch->freed[i] = 0;
    prefetch->waited = 0;
    fetch_block(core, target & ~7u, request);
    core->expected = target;
    core->streaming = true;
}

uint64_t sl_m7_fetch(sl_core *core, const sl_insn *insn)
{
    sl_prefetch *prefetch = &core->m7->prefetch;
    uint32_t last = (insn->address + insn->size - 1) & ~7u;
    if (last != prefetch->block)
        fetch_next(core, last);
    return prefetch->ready;
}

static uint32_t ask_branch(sl_core *core, uint8_t kind, uint32_t branch)
{
    return sl_tape_ask(&core->tape, (sl_query){.kind = kind, .number = branch}, 0);
}

static void learn(sl_core *core, uint32_t branch, bool taken, uint32_t target)
{
    sl_query query = {.kind = SL_BRANCH_LEARN, .number = branch, .flag = taken, .target = target};
    sl_tape_ask(&core->tape, query, 0);
}

/* Called when a branch has issued: what the unit believed before. A mispredicted one costs 8 cycles, 6 where what decides
 * it was known three cycles before (JNK, "branching/cmp"). */
void sl_m7_predict(sl_core *core, const sl_insn *insn)
{
    struct sl_m7 *m7 = core->m7;
    bool direct = insn->op == SL_OP_BRANCH || insn->op == SL_OP_CBZ;
    bool conditional = (insn->flags & SL_F_CONDITIONAL) || m7->conditional;
    uint32_t taken = core->settings[SL_M7_NO_BTAC] ? 0 : ask_branch(core, SL_BRANCH_TAKEN, insn->address);
    m7->branch_pending = true;
    m7->in_btac = taken != 0;
    if (taken) {
        m7->predicted_taken = taken == 2;
        m7->predicted_target = ask_branch(core, SL_BRANCH_TARGET, insn->address);
    } else {
        m7->predicted_target = insn->address + 4 + (uint32_t)insn->offset;
        m7->predicted_taken = direct && insn->op != SL_OP_CBZ && (!conditional || insn->offset < 0);
    }
    uint64_t known = 0; /* cycle in which what decides was issued */
    if (insn->op == SL_OP_CBZ || insn->op == SL_OP_BRANCH_REG) {
        uint64_t available = m7->available[insn->op == SL_OP_CBZ ? __builtin_ctz(insn->reads | 0x8000u) : insn->rm];
        known = available < 2 ? 0 : available - 2;
    }
    if (conditional && insn->op != SL_OP_CBZ)
        known = later(known, m7->flags_cycle);
    bool loaded = insn->op == SL_OP_LOAD || insn->op == SL_OP_LOAD_LIST || insn->op == SL_OP_TABLE;
    m7->branch_penalty = loaded || known + 3 > m7->cycle ? 8 : 6;
}

/* The wrong path: `block` was the newest one fetched when the branch was predicted. */
static void correct(sl_core *core, uint32_t wrong, uint32_t right)
{
    struct sl_m7 *m7 = core->m7;
    uint64_t request = m7->cycle + 1 + m7->branch_penalty - FETCH_STAGES;
    run_ahead(core, wrong, m7->prefetch.request + 1, request);
    sl_m7_fetch_from(core, right, request);
    core->branched = true;
}

void sl_m7_not_taken(sl_core *core)
{
    struct sl_m7 *m7 = core->m7;
    const sl_insn *branch = &core->previous;
    m7->branch_pending = false;
    if (m7->predicted_taken)
        correct(core, m7->predicted_target & ~7u, branch->address + branch->size);
    learn(core, branch->address, false, 0);
}

void sl_m7_taken(sl_core *core, uint32_t target)
{
    struct sl_m7 *m7 = core->m7;
    const sl_insn *branch = &core->previous;
    m7->branch_pending = false;
    bool direct = branch->op == SL_OP_BRANCH; /* the decoder knows where it goes, whatever decode.c kept of it */
    if (m7->in_btac && m7->predicted_taken && m7->predicted_target == target) {
        fetch_next(core, target & ~7u);
        core->expected = target;
        core->branched = true;
    } else if (!m7->in_btac && m7->predicted_taken && direct) {
        uint64_t request = m7->cycle + 1 + DECODED_BUBBLE - FETCH_STAGES;
        run_ahead(core, m7->prefetch.block + 8, m7->prefetch.request + 1, request);
        sl_m7_fetch_from(core, target, request);
        core->branched = true;
    } else {
        uint32_t wrong = m7->in_btac && m7->predicted_taken ? m7->predicted_target & ~7u : m7->prefetch.block + 8;
        correct(core, wrong, target);
    }
    /* Only branches whose target the instruction holds have entries: fitted, docs/timing/m7.md. */
    if (!core->settings[SL_M7_NO_BTAC] && (direct || branch->op == SL_OP_CBZ))
        learn(core, branch->address, true, target);
}
