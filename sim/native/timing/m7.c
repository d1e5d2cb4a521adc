/* The Cortex-M7 pipeline. First cut: one instruction a cycle, nothing waits. */
#include "core.h"

#include <stdlib.h>

struct sl_m7 {
    uint64_t issued; /* cycle in which the newest instruction issued */
};

int sl_m7_new(sl_core *core)
{
    core->m7 = calloc(1, sizeof *core->m7);
    return core->m7 ? 0 : -1;
}

static void reset(sl_core *core)
{
    *core->m7 = (struct sl_m7){0};
    core->now = core->access_cycle = 0;
    core->it_remaining = 0;
    core->streaming = core->leaving = core->branched = false;
    core->fetch = (sl_fetch){.region = &core->regions[0]};
}

static void issue(sl_core *core, const sl_insn *insn)
{
    core->m7->issued = core->access_cycle = core->now++;
    core->counters[SL_CYCLES_ISSUE]++;
    core->previous = *insn;
    core->expected = insn->address + insn->size;
    core->leaving = (insn->flags & (SL_F_WRITES_PC | SL_F_CONDITIONAL)) == SL_F_WRITES_PC;
    core->streaming = true;
}

static void skip(sl_core *core, const sl_insn *insn)
{
    issue(core, insn);
    core->leaving = false;
    core->counters[SL_IT_SKIPPED]++;
}

static void follow(sl_core *core, uint32_t address)
{
    core->leaving = false;
    core->expected = address;
}

static void enter(sl_core *core, uint32_t vector, uint32_t handler, uint32_t stack, bool tail_chained)
{
    (void)vector;
    (void)stack;
    sl_advance(core, core->now + (tail_chained ? 6 : 12), SL_CYCLES_EXCEPTION);
    core->it_remaining = 0;
    core->leaving = false;
    core->expected = handler & ~1u;
}

const sl_pipeline sl_m7_pipeline = {reset, issue, skip, follow, enter};
