/* Shared by glue.c (part, pin, run loop) and uart.c. */
#ifndef SCOPELESS_SIMAVR_MACHINE_H
#define SCOPELESS_SIMAVR_MACHINE_H

#include "../shared/breakpoints.h"
#include "glue.h"

#include "avr_ioport.h"
#include "avr_uart.h"
#include "sim_avr.h"

/* A level that the outside will put on a pin. */
typedef struct {
    uint64_t cycle;
    uint8_t pin, level;
} sl_avr_change;

typedef struct {
    sl_avr *machine;
    avr_irq_t *irq; /* NULL until it is watched for the first time */
    bool watched;
    uint8_t level; /* last recorded */
} sl_avr_pin;

typedef struct {
    bool on, attached;
    sl_breakpoints breakpoints;
    bool passing; /* the run stopped at the breakpoint at `passed` and goes on with it */
    uint32_t passed;
    sl_avr_watch *watches;
    size_t watch_count;
} sl_avr_debug;

struct sl_avr {
    avr_t *avr;
    avr_run_t usual_run; /* libsimavr's watchdog asks for a reset by replacing avr->run */
    uint32_t program_end;

    uint64_t stop_at;
    bool stop_after_line;
    bool out_of_memory;

    sl_avr_pin pins[SL_AVR_PINS];
    sl_avr_edge *edges;
    size_t edge_count, edge_room, stamped;

    sl_avr_change *changes;
    size_t change_begin, change_count, change_room;

    avr_uart_t *uart;
    bool receiver_ready; /* its FIFO is empty */
    uint8_t *input;
    size_t input_begin, input_end, input_room;
    uint64_t next_start;   /* earliest cycle of the next received start bit */
    uint64_t wire_free_at; /* end of the last sent stop bit */
    sl_avr_byte *bytes;
    size_t byte_count, byte_room;

    sl_avr_profile_row *profile; /* by word of flash; NULL while no profile is running */
    sl_flow_trace trace;
    sl_avr_debug debug;
    uint64_t counters[SL_AVR_COUNTERS];
    enum sl_avr_stop fault; /* found by the last instruction; SL_AVR_CYCLE for none */
    uint32_t hit;
    uint32_t fault_pc, restarts, watchdog_resets, cycles_per_bit;
    char log[sizeof(((sl_avr_view *)0)->log)];
};

/* Room for one more element behind `count`; NULL (and out_of_memory set) when there is none. */
void *sl_avr_grow(sl_avr *machine, void *items, size_t item_size, size_t count, size_t *room);

/* trace.c: the instruction at `at` went to `next`; the last instruction was interrupted; asleep between two cycles. */
void sl_avr_trace_step(sl_avr *machine, uint32_t at, uint32_t next);
void sl_avr_trace_interrupt(sl_avr *machine);
void sl_avr_trace_sleep(sl_avr *machine, uint64_t from, uint64_t until);

/* pins.c: what a reset of the part does to its pins; the cycle and the counters of the edges since the last call. */
void sl_avr_pins_reset(sl_avr *machine);
void sl_avr_stamp_edges(sl_avr *machine);

/* Forget the receiver's state after a reset of the part. */
void sl_avr_uart_reset(sl_avr *machine);

/* debug.c: whether to stop before the next instruction; which watched data it accesses, or -1. */
bool sl_avr_breaks(sl_avr *machine);
int sl_avr_watches(const sl_avr *machine);
void sl_avr_debug_free(sl_avr_debug *debug);

#endif
