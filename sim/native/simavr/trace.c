/* Calls, returns, jumps between functions, interrupts and sleep, while a trace is running. */
#include "machine.h"

static uint32_t stack_pointer(const sl_avr *machine)
{
    const uint8_t *data = machine->avr->data;
    return data[R_SPL] | (uint32_t)data[R_SPH] << 8;
}

static void add(sl_avr *machine, int kind, uint64_t cycle, uint32_t pc, uint32_t sp)
{
    uint64_t instructions = machine->counters[SL_AVR_INSTRUCTIONS];
    if (sl_flow_add(&machine->trace, (sl_flow_event){cycle, instructions, (uint32_t)kind, pc, sp}))
        machine->stop_at = machine->avr->cycle;
}

/* How the instruction at `at` came to `next`. Encodings: AVR Instruction Set Manual, DS40002198. */
static int kind_of(const sl_avr *machine, uint32_t at, uint32_t next)
{
    const uint8_t *flash = machine->avr->flash;
    uint32_t opcode = flash[at] | (uint32_t)flash[at + 1] << 8;
    bool call = (opcode & 0xFE0E) == 0x940E, rcall = (opcode & 0xF000) == 0xD000;
    if (call || rcall || opcode == 0x9509 || opcode == 0x9519) /* the last two: ICALL, EICALL */
        return next == at + (call ? 4 : 2) ? SL_FLOW_JUMP : SL_FLOW_CALL; /* RCALL .+0 makes room on the stack */
    if (opcode == 0x9508)
        return SL_FLOW_RETURN;
    return opcode == 0x9518 ? SL_FLOW_EXCEPTION_RETURN : SL_FLOW_JUMP;
}

void sl_avr_trace_step(sl_avr *machine, uint32_t at, uint32_t next)
{
    if (at > machine->avr->flashend)
        return;
    bool inside = sl_flow_is_inside(&machine->trace, next);
    uint8_t high = machine->avr->flash[at + 1];
    if (inside && next - at - 2 <= 2 && (high & 0xF0) != 0xD0 && high != 0x95) /* goes on, and is no RCALL, RET, ... */
        return;
    int kind = kind_of(machine, at, next);
    if (kind == SL_FLOW_JUMP && inside)
        return;
    add(machine, kind, machine->avr->cycle, next, stack_pointer(machine));
    sl_flow_enter(&machine->trace, next);
}

void sl_avr_trace_interrupt(sl_avr *machine)
{
    avr_t *avr = machine->avr;
    add(machine, SL_FLOW_EXCEPTION, avr->cycle, avr->pc, stack_pointer(machine) + avr->address_size);
    sl_flow_enter(&machine->trace, avr->pc);
}

void sl_avr_trace_sleep(sl_avr *machine, uint64_t from, uint64_t until)
{
    if (sl_flow_sleeps_on(&machine->trace, from, until))
        return;
    uint32_t pc = machine->avr->pc, sp = stack_pointer(machine);
    add(machine, SL_FLOW_SLEEP, from, pc, sp);
    add(machine, SL_FLOW_WAKE, until, pc, sp);
}

int sl_avr_trace_start(sl_avr *machine, const uint32_t *bounds, size_t count)
{
    if (sl_flow_begin(&machine->trace, bounds, count))
        return -1;
    add(machine, SL_FLOW_START, machine->avr->cycle, machine->avr->pc, stack_pointer(machine));
    sl_flow_enter(&machine->trace, machine->avr->pc);
    return 0;
}

const sl_flow_event *sl_avr_trace_take(sl_avr *machine, size_t *count)
{
    *count = machine->trace.used;
    machine->trace.used = 0;
    return machine->trace.events;
}

void sl_avr_trace_stop(sl_avr *machine)
{
    if (!machine->trace.on)
        return;
    add(machine, SL_FLOW_STOP, machine->avr->cycle, machine->avr->pc, stack_pointer(machine));
    machine->trace.on = false;
}
