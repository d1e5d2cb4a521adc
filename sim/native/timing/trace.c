/* Calls, returns, jumps between functions, exceptions and sleep, while a trace is running. */
#include "core.h"

#define NOP 0xBF00u

static bool is_wide(uint32_t raw)
{
    return (raw & 0xF800) >= 0xE800;
}

/* Encodings: DDI 0403 A7.7. */
static int kind_of(uint32_t raw)
{
    uint32_t first = raw & 0xFFFF, second = raw >> 16;
    if (!is_wide(raw)) {
        if ((first & 0xFF80) == 0x4780) /* BLX Rm */
            return SL_FLOW_CALL;
        bool returns = first == 0x4770 || first == 0x46F7 || (first & 0xFF00) == 0xBD00; /* BX LR, MOV PC, LR, POP */
        return returns ? SL_FLOW_RETURN : SL_FLOW_JUMP;
    }
    if ((first & 0xF800) == 0xF000 && (second & 0xD000) == 0xD000) /* BL */
        return SL_FLOW_CALL;
    if (first == 0xE8BD && second & 0x8000) /* LDMIA SP!, {..., PC} */
        return SL_FLOW_RETURN;
    if (first == 0xF85D && (second & 0xFF00) == 0xFB00) /* LDR PC, [SP], #imm */
        return SL_FLOW_RETURN;
    return SL_FLOW_JUMP;
}

static void add(sl_core *core, int kind, uint64_t cycle, uint32_t pc, uint32_t sp)
{
    sl_flow_event event = {cycle, core->counters[SL_INSTRUCTIONS], (uint32_t)kind, pc, sp};
    core->trace.stack_instructions = UINT64_MAX;
    if (sl_flow_add(&core->trace.flow, event))
        sl_request_stop(core);
}

/* The function at `address` runs from here on. */
static void enter(sl_trace *trace, uint32_t address)
{
    sl_flow_enter(&trace->flow, address);
    trace->next = address;
    trace->raw = NOP;
    trace->started = true;
}

static void begin(sl_core *core, uint32_t pc)
{
    if (!core->trace.started) {
        add(core, SL_FLOW_START, core->now, pc, sl_register(core, 13));
        enter(&core->trace, pc);
    }
}

void sl_trace_follow(sl_core *core, uint32_t address)
{
    sl_trace *trace = &core->trace;
    begin(core, address);
    int kind = address == trace->next ? SL_FLOW_JUMP : kind_of(trace->raw);
    bool inside = sl_flow_is_inside(&trace->flow, address);
    if (kind != SL_FLOW_JUMP || !inside) {
        add(core, kind, core->now, address, sl_register(core, 13));
        if (!inside)
            enter(trace, address);
    }
    trace->next = address;
    trace->raw = NOP;
}

void sl_trace_exception(sl_core *core, uint32_t handler, uint32_t stack, bool tail_chained)
{
    sl_trace *trace = &core->trace;
    if (!trace->flow.on)
        return;
    begin(core, core->pc);
    uint64_t cycle = trace->stack_instructions == core->counters[SL_INSTRUCTIONS] ? trace->stack_cycle : core->now;
    if (tail_chained)
        add(core, SL_FLOW_EXCEPTION_RETURN, cycle, handler, stack);
    add(core, SL_FLOW_EXCEPTION, cycle, handler, stack);
    enter(trace, handler);
}

void sl_trace_exception_return(sl_core *core, uint32_t target, uint32_t stack)
{
    if (!core->trace.flow.on)
        return;
    begin(core, core->pc);
    add(core, SL_FLOW_EXCEPTION_RETURN, core->now, target, stack);
    enter(&core->trace, target);
}

void sl_trace_sleep(sl_core *core, uint64_t cycles)
{
    if (!core->trace.flow.on || cycles == 0)
        return;
    begin(core, core->pc);
    uint64_t until = core->now + cycles;
    if (sl_flow_sleeps_on(&core->trace.flow, core->now, until))
        return;
    uint32_t sp = sl_register(core, 13);
    add(core, SL_FLOW_SLEEP, core->now, core->pc, sp);
    add(core, SL_FLOW_WAKE, until, core->pc, sp);
}

void sl_trace_stack(sl_core *core)
{
    sl_trace *trace = &core->trace;
    if (trace->stack_instructions == core->counters[SL_INSTRUCTIONS])
        return;
    trace->stack_instructions = core->counters[SL_INSTRUCTIONS];
    trace->stack_cycle = core->now;
}

int sl_trace_start(sl_core *core, const uint32_t *bounds, size_t count)
{
    sl_memo_leave(core);
    core->trace = (sl_trace){.flow = core->trace.flow, .stack_instructions = UINT64_MAX};
    return sl_flow_begin(&core->trace.flow, bounds, count);
}

const sl_flow_event *sl_trace_take(sl_core *core, size_t *count)
{
    *count = core->trace.flow.used;
    core->trace.flow.used = 0;
    return core->trace.flow.events;
}

void sl_trace_stop(sl_core *core)
{
    if (!core->trace.flow.on)
        return;
    begin(core, core->pc);
    add(core, SL_FLOW_STOP, core->now, core->pc, sl_register(core, 13));
    core->trace.flow.on = false;
}

void sl_trace_free(sl_core *core)
{
    sl_flow_free(&core->trace.flow);
}
