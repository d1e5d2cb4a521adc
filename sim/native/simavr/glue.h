/* Runs firmware on libsimavr and records what a scope and a terminal would see. Python drives it through ctypes
 * (sim/scopeless/engines/simavr.py).
 *
 * Time is simavr's cycle count since reset, with two corrections to libsimavr 1.6 (ATmega328P data sheet DS40002061B):
 *  - interrupt entry takes 2 cycles plus one per byte of the pushed PC: 4, or 5 on parts with a 22-bit PC (7.7.1
 *    "Interrupt Response Time"; simavr charges none), and 4 more when it wakes the core from sleep (same section;
 *    simavr charges 1);
 *  - exactly one instruction runs between SEI or RETI and a pending interrupt (7.7; simavr 1.6 runs two). */
#ifndef SCOPELESS_SIMAVR_H
#define SCOPELESS_SIMAVR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../shared/flow.h"

typedef struct sl_avr sl_avr;

enum { SL_AVR_INSTRUCTIONS, SL_AVR_INTERRUPTS, SL_AVR_SLEEP_CYCLES, SL_AVR_COUNTERS };

/* A level change of a watched pin. The cycle is the one at which the instruction that wrote the port ended; on
 * silicon the pin follows a constant clock later. */
typedef struct {
    uint64_t cycle;
    uint64_t counters[SL_AVR_COUNTERS];
    uint32_t level, pin; /* pin: PA0 is 0, PA1 1, PB0 8 */
} sl_avr_edge;

/* Pins have numbers: PA0 is 0, PA7 is 7, PB0 is 8. */
#define SL_AVR_PORTS 16
#define SL_AVR_PINS (8 * SL_AVR_PORTS)

/* A byte that the firmware sent, and the cycle at which its stop bit has left the wire. */
typedef struct {
    uint64_t cycle;
    uint32_t value;
} sl_avr_byte;

/* Why sl_avr_run returned. */
enum sl_avr_stop {
    SL_AVR_CYCLE = 0,      /* the cycle limit was reached, or the end of the wanted line */
    SL_AVR_EDGES,          /* the wanted number of edges was recorded */
    SL_AVR_INSTRUCTION,    /* the instruction limit was reached */
    SL_AVR_EDGE_FLOOD,     /* SL_AVR_MAX_EDGES edges in one run */
    SL_AVR_INVALID_OPCODE, /* at fault_pc */
    SL_AVR_BAD_ACCESS,     /* the instruction at fault_pc read or wrote where no memory is; see log */
    SL_AVR_NO_PROGRAM,     /* the instruction at fault_pc continued at pc, behind the program's end */
    SL_AVR_SLEEP_FOREVER,  /* asleep with interrupts off */
    SL_AVR_OUT_OF_MEMORY,
    SL_AVR_ASSERTION,      /* libsimavr gave up at the instruction at fault_pc; the machine is of no more use */
    SL_AVR_BREAKPOINT,     /* before the instruction at pc, a breakpoint; the next run executes it */
    SL_AVR_WATCHPOINT      /* behind an instruction that accessed the watched data number `hit` */
};

#define SL_AVR_MAX_EDGES (1u << 20)

/* What one call of sl_avr_run brought. The two arrays stay valid until the next call. */
typedef struct {
    uint64_t cycle;
    uint64_t counters[SL_AVR_COUNTERS];
    const sl_avr_edge *edges;
    size_t edge_count;
    const sl_avr_byte *bytes;
    size_t byte_count;
    uint32_t pc;              /* byte address of the next instruction */
    uint32_t fault_pc;        /* byte address of the instruction that caused the stop */
    uint32_t restarts;        /* jumps to address 0 since reset */
    uint32_t watchdog_resets; /* since reset */
    uint32_t cycles_per_bit;  /* of the watched UART, as the firmware set it; 0 before its first byte */
    uint32_t hit;             /* of SL_AVR_WATCHPOINT */
    char log[160];            /* simavr's last error message; empty when there was none in this call */
} sl_avr_view;

/* Version of libsimavr that this was compiled with. */
const char *sl_avr_version(void);

/* Name `index` of the parts that libsimavr knows (several names may mean the same part); NULL behind the last one. */
const char *sl_avr_part(size_t index);

/* A part at power-on, with erased memories. NULL for an unknown part or without memory. */
sl_avr *sl_avr_new(const char *part, uint32_t hz);
void sl_avr_free(sl_avr *machine);

uint32_t sl_avr_flash_size(const sl_avr *machine);

/* Nonzero when the bytes do not fit into the part's memory. The program ends where the last loaded byte of flash is. */
int sl_avr_load_flash(sl_avr *machine, uint32_t address, const uint8_t *bytes, uint32_t size);
int sl_avr_load_eeprom(sl_avr *machine, uint32_t address, const uint8_t *bytes, uint32_t size);

bool sl_avr_has_pin(const sl_avr *machine, unsigned pin);

/* Choose what is recorded: any pins where the firmware drives them, and one UART. Nonzero when the part has no such pin
 * or UART. */
int sl_avr_watch_pin(sl_avr *machine, unsigned pin, bool on);
int sl_avr_watch_uart(sl_avr *machine, char name);

/* Put a level on a pin from outside, at a cycle; at once when that has passed. Nonzero without memory or
 * without such a pin. */
int sl_avr_drive(sl_avr *machine, unsigned pin, unsigned level, uint64_t cycle);

/* Queue bytes for the watched UART's receiver. They arrive at its baud rate, one as soon as the firmware has read the
 * one before, so that none is lost; they wait while the receiver is off. Nonzero without memory. */
int sl_avr_send(sl_avr *machine, const uint8_t *bytes, size_t size);

/* Run until the cycle count reaches cycle_limit (or, with stop_after_line, until the next line feed has left the wire),
 * `edges` edges were recorded (0: any number), or `instructions` were executed. */
enum sl_avr_stop sl_avr_run(sl_avr *machine, uint64_t cycle_limit, uint64_t instructions, size_t edges,
                            bool stop_after_line, sl_avr_view *view);

/* A profile: for each instruction address, how often it was executed and the cycles it took; interrupt entry and sleep
 * belong to none. Start returns nonzero without memory. Stop returns the number of rows; with room for them, it also
 * writes them, in order of their addresses, and ends the profile. */
typedef struct {
    uint32_t address; /* in bytes */
    uint64_t executions, cycles;
} sl_avr_profile_row;
int sl_avr_profile_start(sl_avr *machine);
size_t sl_avr_profile_stop(sl_avr *machine, sl_avr_profile_row *rows, size_t capacity);

/* A trace: events as shared/flow.h describes them. */
/* `bounds`, rising: the addresses at which a function begins or ends. Nonzero without memory. */
int sl_avr_trace_start(sl_avr *machine, const uint32_t *bounds, size_t count);
/* The events since the last call, valid until the next run. A full buffer ends sl_avr_run with SL_AVR_CYCLE. */
const sl_flow_event *sl_avr_trace_take(sl_avr *machine, size_t *count);
void sl_avr_trace_stop(sl_avr *machine); /* adds the last event; sl_avr_trace_take gives what is left */

/* For a debugger. Nothing here takes a cycle. */

/* r0 to r31, 32 SREG, 33 SP, 34 the PC in bytes. */
uint32_t sl_avr_register(const sl_avr *machine, unsigned number);
void sl_avr_set_register(sl_avr *machine, unsigned number, uint32_t value);

/* Memory, each from its own address 0; the number of bytes that were there. Registers of peripherals, which lie in the data
 * memory, are accessed with all side effects. */
uint32_t sl_avr_ram_size(const sl_avr *machine); /* of the data memory, registers included */
uint32_t sl_avr_eeprom_size(const sl_avr *machine);
size_t sl_avr_read_flash(const sl_avr *machine, uint32_t address, uint8_t *bytes, size_t size);
size_t sl_avr_read_eeprom(const sl_avr *machine, uint32_t address, uint8_t *bytes, size_t size);
size_t sl_avr_read_data(sl_avr *machine, uint32_t address, uint8_t *bytes, size_t size);
size_t sl_avr_write_data(sl_avr *machine, uint32_t address, const uint8_t *bytes, size_t size);

/* Reset of the part: memory stays, time goes on. */
void sl_avr_reset(sl_avr *machine);
bool sl_avr_asleep(const sl_avr *machine);

/* Where runs stop, in place of what was set before; nonzero without memory. `addresses` rise. Pushes of interrupts are not
 * watched. */
int sl_avr_set_breakpoints(sl_avr *machine, const uint32_t *addresses, size_t count);
typedef struct {
    uint32_t address, size; /* in data memory */
    bool read, write;
} sl_avr_watch;
int sl_avr_set_watches(sl_avr *machine, const sl_avr_watch *watches, size_t count);
void sl_avr_attach(sl_avr *machine, bool on); /* whether BREAK stops, too */

#endif
