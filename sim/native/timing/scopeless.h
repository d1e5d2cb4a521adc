/* The timing core: counts the cycles that a Cortex-M core and its memory system need for the instructions that Unicorn
 * executes. Python drives it through ctypes (sim/scopeless/native.py); Unicorn calls sl_on_code before each instruction.
 *
 * The core never changes what the firmware computes. It reads registers where a cost depends on them (addresses,
 * divisors, factors) and the instruction bytes through the host pointers that sl_map was given. */
#ifndef SCOPELESS_H
#define SCOPELESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../shared/flow.h"

#pragma GCC visibility push(default)

typedef struct sl_core sl_core;

/* What an address is connected to. Ports matter to the pipeline (accesses to different ports overlap), the memory
 * behind a port matters to the wait states. */
enum sl_bus {
    SL_BUS_NONE,   /* not mapped: costs as a zero-wait system access; the engine reports the fault */
    SL_BUS_FLASH,  /* code memory behind the chip's flash controller: I-Code for fetch, D-Code for data */
    SL_BUS_CODE,   /* zero-wait RAM on the code buses (tightly coupled or aliased) */
    SL_BUS_SYSTEM, /* zero-wait RAM on the system bus */
    SL_BUS_AHB,    /* peripheral on the AHB */
    SL_BUS_APB1,   /* peripheral behind the first APB bridge */
    SL_BUS_APB2,   /* peripheral behind the second APB bridge */
    SL_BUS_PPB,    /* private peripheral bus: NVIC, SysTick, DWT */
    SL_BUS_TCM,        /* Cortex-M7: tightly coupled memory */
    SL_BUS_ITCM_FLASH, /* Cortex-M7: flash behind an accelerator on the ITCM port */
    SL_BUS_AXI_FLASH,  /* Cortex-M7: flash on the AXI port, cacheable, write-through */
    SL_BUS_AXI_SRAM,   /* Cortex-M7: zero-wait RAM on the AXI port, cacheable, write-back */
    SL_BUS_AHBP,       /* Cortex-M7: peripheral on the AHB behind the core's peripheral port */
    SL_BUS_COUNT
};

enum sl_core_kind { SL_CORTEX_M3 = 3, SL_CORTEX_M4 = 4, SL_CORTEX_M7 = 7 };

/* Settings that the emulated registers change while the firmware runs. What a chip does not have stays 0; the flash
 * controllers' files say which registers these are on which chip. */
enum sl_setting {
    SL_FLASH_MODEL,          /* enum sl_flash_model: the chip's memory system, flash and peripheral buses */
    SL_FLASH_WAIT_STATES,    /* LATENCY, FWS, RD_WAIT: as the register has it, in flash clock cycles */
    SL_FLASH_PREFETCH,       /* 0 or 1: read the next line of code ahead */
    SL_FLASH_ICACHE,         /* 0 or 1 */
    SL_FLASH_DCACHE,         /* 0 or 1 */
    SL_APB1_DIVIDER,         /* core clock / bus clock */
    SL_APB2_DIVIDER,
    SL_FLASH_RATIO,          /* core clock / flash clock; 0 means 1 */
    SL_FLASH_WIDTH,          /* SAM3X: bytes read at once, 16 or 8; 0 means 16 */
    SL_FLASH_DATA_PREFETCH,  /* Kinetis B0DPE: 0 or 1 */
    SL_FLASH_LINE_BUFFER,    /* Kinetis B0SEBE: 0 or 1 */
    SL_FLASH_CACHE_SETS,     /* Apollo3: sets and ways that CACHECFG.CONFIG selects; 0 means 512 sets of two ways */
    SL_FLASH_CACHE_WAYS,
    SL_FLASH_REPLACE_OLDEST, /* Apollo3: 1 replaces the least recently replaced line (CACHECFG.LRU = 0) */
    SL_FLASH_INVALIDATE,     /* not a state: writing it empties instruction (1), data (2) or all (3) caches and buffers */
    SL_L1_ICACHE,            /* CCR.IC */
    SL_L1_DCACHE,            /* CCR.DC */
    SL_L1_ICACHE_INVALIDATE, /* event: the address whose line goes; -1 for all; 1 << 32 | way * sets + set */
    SL_L1_DCACHE_INVALIDATE,
    SL_M7_NO_BTAC,           /* ACTLR.DISBTACREAD: only static branch prediction */
    SL_MEMO,                 /* 1 remembers what the model did, with the same results; 0 for tests; first 1 */
    SL_SETTING_COUNT
};

enum sl_flash_model {
    SL_FLASH_IDEAL,
    SL_FLASH_STM32F1,
    SL_FLASH_STM32L4,
    SL_FLASH_SAM3X,
    SL_FLASH_K20,
    SL_FLASH_K64,
    SL_FLASH_NRF52,
    SL_FLASH_APOLLO3,
    SL_FLASH_MODEL_COUNT
};

/* Why sl_run returned. */
enum sl_stop {
    SL_STOP_CYCLE,       /* the cycle limit was reached, before the instruction at sl_pc */
    SL_STOP_INSTRUCTION, /* the instruction limit was reached, likewise */
    SL_STOP_REQUEST,     /* sl_request_stop was called, likewise */
    SL_STOP_SLEEP,       /* WFI or WFE at sl_pc, not executed: the caller steps over it */
    SL_STOP_UNMASK,      /* an instruction that may unmask a pending exception has been executed; sl_pc is the next one */
    SL_STOP_EXCEPTION,   /* Unicorn raised exception sl_exception_number (2 SVC, 7 BKPT, 8 exception return, ...) */
    SL_STOP_ERROR,       /* Unicorn returned an error, in sl_unicorn_error */
    SL_STOP_FOLLOW,      /* the instruction at sl_pc, not executed, is not the next one of what is followed; see sl_follow */
    SL_STOP_BREAKPOINT   /* before the instruction at sl_pc, a breakpoint; the next run executes it */
};

/* Running totals. The cycle counters add up to sl_cycles exactly; names in counters.c. */
enum sl_counter {
    SL_INSTRUCTIONS, /* executed; those that an IT block skips are not counted here */
    SL_IT_SKIPPED,   /* skipped by an IT block; a cycle each on silicon */
    SL_MIX_ALU, SL_MIX_MUL, SL_MIX_DIV, SL_MIX_LOAD, SL_MIX_STORE, SL_MIX_BRANCH, SL_MIX_FPU, SL_MIX_OTHER,
    SL_CYCLES_ISSUE,       /* one per instruction, skipped ones included; folded ones (IT) not */
    SL_CYCLES_EXECUTE,     /* further execute cycles: division, long multiplication, register lists */
    SL_CYCLES_LATENCY,     /* waiting for a result or an address register */
    SL_CYCLES_BRANCH,      /* refilling the pipeline after a taken branch, from zero-wait memory */
    SL_CYCLES_FETCH_CORE,  /* fetch starved by the core's own bus and queue, from zero-wait memory */
    SL_CYCLES_FETCH_FLASH, /* fetch waiting for the flash */
    SL_CYCLES_DATA,        /* data phase of loads and stores that nothing hides */
    SL_CYCLES_DATA_FLASH,  /* loads waiting for the flash */
    SL_CYCLES_DATA_BUS,    /* loads and stores waiting for a peripheral bus or an earlier store */
    SL_CYCLES_EXCEPTION,   /* exception entry and return */
    SL_CYCLES_SLEEP,       /* asleep in WFI or WFE */
    SL_COUNTER_COUNT
};

/* The four functions of libunicorn that the core calls, handed over by Python so that this library links to nothing. */
typedef struct {
    void *uc;
    int (*reg_read)(void *uc, int id, void *value);
    int (*emu_start)(void *uc, uint64_t begin, uint64_t until, uint64_t timeout, size_t count);
    int (*emu_stop)(void *uc);
    int32_t register_ids[16]; /* Unicorn's ids of r0..r15 */
} sl_unicorn;

sl_core *sl_new(const sl_unicorn *unicorn, int core_kind); /* NULL when out of memory or the kind is unknown */
void sl_free(sl_core *core);

/* Maps [base, base + size) to a bus. `host` are its bytes where code may run from it, else NULL. At most 64 regions;
 * returns 0, or -1 when they are used up. */
int sl_map(sl_core *core, uint32_t base, uint32_t size, const uint8_t *host, int bus);
int sl_set(sl_core *core, int setting, int64_t value); /* 0, or -1 for an unknown setting */

/* Empty pipeline, empty buffers, all totals zero. Settings and map stay. */
void sl_reset(sl_core *core);

/* Runs from pc until a limit (absolute totals) or another reason; see enum sl_stop. */
int sl_run(sl_core *core, uint32_t pc, uint64_t cycle_limit, uint64_t instruction_limit);
void sl_request_stop(sl_core *core);
void sl_watch_unmask(sl_core *core, bool on); /* whether to stop with SL_STOP_UNMASK */

/* Where sl_run stops with SL_STOP_BREAKPOINT; `addresses`, rising. Within an IT block it stops behind the block. It costs
 * no cycles. 0, or -1 when out of memory. */
int sl_set_breakpoints(sl_core *core, const uint32_t *addresses, size_t count);

uint32_t sl_pc(const sl_core *core);
uint32_t sl_exception_number(const sl_core *core);
int sl_unicorn_error(const sl_core *core);

/* Cycles since reset. Between runs: all that has been executed. From inside a memory-mapped access: the cycle in which
 * the data of that access is on the bus. */
uint64_t sl_cycles(const sl_core *core);
const uint64_t *sl_counters(const sl_core *core); /* SL_COUNTER_COUNT totals, settled up to the current instruction */

/* A profile: for each instruction address, how often it was executed and the cycles that passed from when the instruction
 * before it was done until it was done itself: waiting for its own fetch, and for data that loads before it asked for.
 * `causes` are these cycles by counter, from SL_CYCLES_ISSUE on; they add up to them exactly. */
#define SL_CAUSE_COUNT (SL_COUNTER_COUNT - SL_CYCLES_ISSUE)
typedef struct {
    uint32_t address;
    uint64_t executions, cycles;
    uint64_t causes[SL_CAUSE_COUNT];
} sl_profile_row;
int sl_profile_start(sl_core *core); /* 0, or -1 when out of memory */
/* The number of rows; with room for them, also writes them (in no order) and ends the profile. */
size_t sl_profile_stop(sl_core *core, sl_profile_row *rows, size_t capacity);

/* A trace: events as shared/flow.h describes them. */
/* `bounds`, rising: the addresses at which a function begins or ends. 0, or -1 when out of memory. */
int sl_trace_start(sl_core *core, const uint32_t *bounds, size_t count);
/* The events since the last call, valid until the core runs again. A full buffer ends sl_run with SL_STOP_REQUEST. */
const sl_flow_event *sl_trace_take(sl_core *core, size_t *count);
void sl_trace_stop(sl_core *core); /* adds the last event; sl_trace_take gives what is left */

/* Time passes outside instructions. */
void sl_sleep(sl_core *core, uint64_t cycles);
/* Exception entry: stacking at `stack`, vector read at `vector`, first fetch at `handler`; `tail_chained` when no
 * stacking happens because it follows another handler directly. */
void sl_exception_entry(sl_core *core, uint32_t vector, uint32_t handler, uint32_t stack, bool tail_chained);
void sl_exception_return(sl_core *core, uint32_t target, uint32_t stack);
/* FP registers stored or loaded around an exception, a cycle each: before its entry or return, or on its own. */
void sl_stack_words(sl_core *core, unsigned words);

/* One executed instruction of a recorded trace: its address and, where `size` is not 0, its bytes. */
typedef struct {
    uint32_t pc, raw, size;
} sl_record;

/* From here on only instructions that are the next of `records` are executed (an IT block's skipped ones have records,
 * too); sl_run stops with SL_STOP_FOLLOW before any other, and at their end. They must stay where they are meanwhile. NULL
 * ends it. */
void sl_follow(sl_core *core, const sl_record *records, size_t count);
size_t sl_followed(const sl_core *core); /* how many of them have been executed, or begun */

/* One access to a register in a trace; `record` is the number of its instruction. */
typedef struct {
    uint64_t record, value;
    uint32_t address;
    uint32_t write;
} sl_access;

enum sl_trace_problem { SL_TRACE_FINE, SL_TRACE_ODD_PC, SL_TRACE_OPCODE_SIZE, SL_TRACE_EXTRA, SL_TRACE_ACCESS };

typedef struct {
    sl_record *records;
    sl_access *accesses;
    size_t record_capacity, access_capacity; /* at least one record's accesses: 64 */
    size_t record_count, access_count;
    int problem; /* enum sl_trace_problem, of the record at the offset that sl_read_records returns */
} sl_batch;

/* Fills `batch` with the instructions at the beginning of `data`, the first of which has the number `first`. The bytes
 * read: of whole records only. */
size_t sl_read_records(const uint8_t *data, size_t size, bool opcodes, uint64_t first, sl_batch *batch);

/* Hooks for uc_hook_add(UC_HOOK_CODE) and uc_hook_add(UC_HOOK_INTR), with the core as user data. */
void sl_on_code(void *uc, uint64_t address, uint32_t size, void *core);
void sl_on_interrupt(void *uc, uint32_t number, void *core);

const char *sl_counter_name(int counter); /* NULL outside the range */

#pragma GCC visibility pop

#endif
