#define _POSIX_C_SOURCE 200809L /* sigaction */

#include "machine.h"

#include "avr_eeprom.h"
#include "sim_core.h"
#include "sim_core_decl.h"

#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint64_t wake_cycles = 4;

const char *sl_avr_version(void)
{
    return CONFIG_SIMAVR_VERSION;
}

const char *sl_avr_part(size_t index)
{
    for (size_t kind = 0; avr_kind[kind]; kind++)
        for (size_t alias = 0; alias < 4 && avr_kind[kind]->names[alias]; alias++)
            if (index-- == 0)
                return avr_kind[kind]->names[alias];
    return NULL;
}

/* Keep the first error message of a run; drop everything else. Errors of the core itself ("CORE: ...") end the run. */
static void on_log(avr_t *avr, const int level, const char *format, va_list arguments)
{
    sl_avr *machine = avr ? avr->custom.data : NULL;
    if (level != LOG_ERROR || !machine || machine->fault)
        return;
    if (strstr(format, "CORE:")) {
        machine->fault = strstr(format, "Opcode") ? SL_AVR_INVALID_OPCODE : SL_AVR_BAD_ACCESS;
        machine->fault_pc = avr->pc;
    } else if (machine->log[0]) {
        return;
    }
    vsnprintf(machine->log, sizeof machine->log, format, arguments);
}

/* Make room for every address that firmware can form, so that a wild access stays inside our memory: libsimavr checks
 * after the access, or (LPM, ELPM) not at all. Pages that nobody touches cost nothing. */
static int widen(uint8_t **memory, size_t used, size_t room)
{
    uint8_t *wide = calloc(room, 1);
    if (!wide)
        return -1;
    memcpy(wide, *memory, used);
    free(*memory);
    *memory = wide;
    return 0;
}

sl_avr *sl_avr_new(const char *part, uint32_t hz)
{
    sl_avr *machine = calloc(1, sizeof *machine);
    if (!machine)
        return NULL;
    avr_global_logger_set(on_log);
    avr_t *avr = machine->avr = avr_make_mcu_by_name(part);
    if (!avr) {
        free(machine);
        return NULL;
    }
    avr->custom.data = machine;
    avr_init(avr);
    avr->frequency = hz;
    machine->usual_run = avr->run;
    if (widen(&avr->flash, (size_t)avr->flashend + 1, ((size_t)1 << 24) + 2) ||
        widen(&avr->data, (size_t)avr->ramend + 1, 1 << 16)) {
        sl_avr_free(machine);
        return NULL;
    }
    return machine;
}

void sl_avr_free(sl_avr *machine)
{
    avr_terminate(machine->avr);
    free(machine->avr);
    free(machine->edges);
    free(machine->bytes);
    free(machine->changes);
    free(machine->input);
    free(machine->profile);
    sl_flow_free(&machine->trace);
    sl_avr_debug_free(&machine->debug);
    free(machine);
}

uint32_t sl_avr_flash_size(const sl_avr *machine)
{
    return machine->avr->flashend + 1;
}

int sl_avr_load_flash(sl_avr *machine, uint32_t address, const uint8_t *bytes, uint32_t size)
{
    avr_t *avr = machine->avr;
    if ((uint64_t)address + size > (uint64_t)avr->flashend + 1)
        return -1;
    memcpy(avr->flash + address, bytes, size);
    if (address + size > machine->program_end)
        machine->program_end = address + size;
    return 0;
}

int sl_avr_load_eeprom(sl_avr *machine, uint32_t address, const uint8_t *bytes, uint32_t size)
{
    if (address > UINT16_MAX)
        return -1;
    /* libsimavr's answer is the same for success and for a part without EEPROM: ask where the bytes are instead. */
    avr_eeprom_desc_t place = {.ee = NULL, .offset = (uint16_t)address, .size = size};
    avr_ioctl(machine->avr, AVR_IOCTL_EEPROM_GET, &place);
    if (!place.ee)
        return -1;
    memcpy(place.ee, bytes, size);
    return 0;
}

void *sl_avr_grow(sl_avr *machine, void *items, size_t item_size, size_t count, size_t *room)
{
    if (count < *room)
        return items;
    size_t wanted = *room ? 2 * *room : 256;
    void *grown = realloc(items, wanted * item_size);
    if (grown)
        *room = wanted;
    else
        machine->out_of_memory = true;
    return grown;
}

/* Let the time pass until the next event or the end of the run. */
static void sleep_on(sl_avr *machine)
{
    avr_t *avr = machine->avr;
    avr_cycle_timer_slot_p event = avr->cycle_timers.timer;
    avr_cycle_count_t start = avr->cycle;
    uint64_t until = event && event->when < machine->stop_at ? event->when : machine->stop_at;
    if (until > avr->cycle) {
        machine->counters[SL_AVR_SLEEP_CYCLES] += until - avr->cycle;
        avr->cycle = until;
    }
    if (event && event->when <= avr->cycle)
        avr_cycle_timer_process(avr);
    if (avr->state == cpu_Running)
        avr->cycle += wake_cycles;
    if (unlikely(machine->trace.on))
        sl_avr_trace_sleep(machine, start, avr->cycle);
}

static void take_interrupt(sl_avr *machine)
{
    avr_t *avr = machine->avr;
    bool enabled = avr->sreg[S_I];
    bool delayed = avr->interrupt_state < 0;
    avr_service_interrupts(avr);
    if (delayed && avr->interrupt_state > 0) /* the one instruction after SEI or RETI has run */
        avr_service_interrupts(avr);
    if (enabled && !avr->sreg[S_I]) {
        if (unlikely(machine->trace.on))
            sl_avr_trace_interrupt(machine);
        avr->cycle += 2u + avr->address_size;
        machine->counters[SL_AVR_INTERRUPTS]++;
    }
}

static void watchdog_reset(sl_avr *machine)
{
    machine->avr->run(machine->avr); /* resets the part and restores the usual function */
    machine->watchdog_resets++;
    sl_avr_uart_reset(machine);
    sl_avr_pins_reset(machine);
}

static void execute(sl_avr *machine)
{
    avr_t *avr = machine->avr;
    avr_flashaddr_t at = avr->pc;
    avr_cycle_count_t start = avr->cycle;
    avr_flashaddr_t next = avr_run_one(avr);
    machine->counters[SL_AVR_INSTRUCTIONS]++;
    if (unlikely(machine->profile && at <= avr->flashend)) {
        machine->profile[at / 2].executions++;
        machine->profile[at / 2].cycles += avr->cycle - start;
    }
    if (unlikely(machine->trace.on))
        sl_avr_trace_step(machine, at, next);
    avr_cycle_timer_slot_p event = avr->cycle_timers.timer;
    if (unlikely(event && event->when <= avr->cycle))
        avr_cycle_timer_process(avr);
    if (unlikely(next >= machine->program_end && !machine->fault)) {
        machine->fault = SL_AVR_NO_PROGRAM;
        machine->fault_pc = avr->pc;
    }
    machine->restarts += next == 0;
    avr->pc = next;
}

/* Every pass ends with a due interrupt entered, so that the result does not depend on where a run is cut. */
static enum sl_avr_stop run(sl_avr *machine, uint64_t instruction_end, size_t edge_end)
{
    avr_t *avr = machine->avr;
    while (avr->cycle < machine->stop_at) {
        int watched = -1;
        if (likely(avr->state != cpu_Sleeping)) {
            if (unlikely(machine->counters[SL_AVR_INSTRUCTIONS] >= instruction_end))
                return SL_AVR_INSTRUCTION;
            if (unlikely(machine->debug.on)) {
                if (sl_avr_breaks(machine))
                    return SL_AVR_BREAKPOINT;
                watched = sl_avr_watches(machine);
            }
            execute(machine);
        } else if (avr->sreg[S_I]) {
            sleep_on(machine);
        } else {
            machine->fault_pc = avr->pc - 2;
            return SL_AVR_SLEEP_FOREVER;
        }
        if (unlikely(machine->fault))
            return machine->fault;
        if (unlikely(avr->run != machine->usual_run))
            watchdog_reset(machine);
        if (unlikely(machine->stamped < machine->edge_count))
            sl_avr_stamp_edges(machine);
        if (unlikely(avr->interrupt_state))
            take_interrupt(machine);
        if (unlikely(watched >= 0)) {
            machine->hit = (uint32_t)watched;
            return SL_AVR_WATCHPOINT;
        }
        if (unlikely(machine->edge_count >= edge_end))
            return edge_end == SL_AVR_MAX_EDGES ? SL_AVR_EDGE_FLOOD : SL_AVR_EDGES;
        if (unlikely(machine->out_of_memory))
            return SL_AVR_OUT_OF_MEMORY;
    }
    return SL_AVR_CYCLE;
}

static jmp_buf given_up;

static void on_abort(int number)
{
    (void)number;
    longjmp(given_up, 1); /* C11 7.22.4.1: the one way to go on after abort */
}

/* As run; but libsimavr asserts that firmware never does certain things, such as writing a register of the USB device
 * that is read-only, and would end the process. */
static enum sl_avr_stop run_guarded(sl_avr *machine, uint64_t instruction_end, size_t edge_end)
{
    enum sl_avr_stop stop = SL_AVR_ASSERTION;
    struct sigaction usual, own = {.sa_handler = on_abort, .sa_flags = SA_NODEFER};
    sigaction(SIGABRT, &own, &usual);
    if (setjmp(given_up))
        machine->fault_pc = machine->avr->pc;
    else
        stop = run(machine, instruction_end, edge_end);
    sigaction(SIGABRT, &usual, NULL);
    return stop;
}

enum sl_avr_stop sl_avr_run(sl_avr *machine, uint64_t cycle_limit, uint64_t instructions, size_t edges,
                            bool stop_after_line, sl_avr_view *view)
{
    machine->stop_at = cycle_limit;
    machine->stop_after_line = stop_after_line;
    machine->edge_count = machine->stamped = machine->byte_count = 0;
    machine->log[0] = 0;
    machine->fault = SL_AVR_CYCLE;

    size_t edge_end = edges && edges < SL_AVR_MAX_EDGES ? edges : SL_AVR_MAX_EDGES;
    enum sl_avr_stop stop = run_guarded(machine, machine->counters[SL_AVR_INSTRUCTIONS] + instructions, edge_end);

    *view = (sl_avr_view){
        .cycle = machine->avr->cycle,
        .edges = machine->edges,
        .edge_count = machine->edge_count,
        .bytes = machine->bytes,
        .byte_count = machine->byte_count,
        .pc = machine->avr->pc,
        .fault_pc = machine->fault_pc,
        .restarts = machine->restarts,
        .hit = machine->hit,
        .watchdog_resets = machine->watchdog_resets,
        .cycles_per_bit = machine->cycles_per_bit,
    };
    memcpy(view->counters, machine->counters, sizeof view->counters);
    memcpy(view->log, machine->log, sizeof view->log);
    return stop;
}

int sl_avr_profile_start(sl_avr *machine)
{
    free(machine->profile);
    machine->profile = calloc(machine->avr->flashend / 2 + 1, sizeof *machine->profile);
    return machine->profile ? 0 : -1;
}

size_t sl_avr_profile_stop(sl_avr *machine, sl_avr_profile_row *rows, size_t capacity)
{
    size_t used = 0;
    if (!machine->profile)
        return 0;
    for (uint32_t word = 0; word <= machine->avr->flashend / 2; word++) {
        if (machine->profile[word].executions == 0)
            continue;
        if (rows && used < capacity) {
            rows[used] = machine->profile[word];
            rows[used].address = word * 2;
        }
        used++;
    }
    if (rows && capacity >= used) {
        free(machine->profile);
        machine->profile = NULL;
    }
    return used;
}
