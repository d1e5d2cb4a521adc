/* What the parts of the timing core share. */
#ifndef SCOPELESS_CORE_H
#define SCOPELESS_CORE_H

#include "../shared/breakpoints.h"
#include "decode.h"
#include "flash.h"
#include "memo.h"
#include "scopeless.h"

#define SL_MAX_REGIONS 64
#define SL_DECODE_CACHE 16384u /* entries; a power of two */
#define SL_WORD_RING 8u        /* fetch words tracked at once: the queue holds three, a branch adds one */

struct sl_region {
    uint32_t base, size;
    const uint8_t *host;
    int bus;
};

/* The fetch unit. Cycles are absolute. A word may be requested once the queue has room for it (`slot`); it is requested
 * only when that is needed or known to have happened before something else used the same memory. */
typedef struct {
    uint32_t next;               /* address of the next word to request */
    uint32_t known;              /* words below this address have a slot time */
    uint64_t earliest;           /* cycle in which the address bus is free for the next request */
    uint64_t data_end;           /* last cycle of the newest data phase */
    uint64_t slot[SL_WORD_RING];
    uint64_t ready[SL_WORD_RING]; /* first cycle in which the word can be decoded */
    uint64_t ideal[SL_WORD_RING]; /* the same, had the memory had no wait states from the last branch on */
    uint64_t waited;             /* wait cycles since the last branch */
    int bus;
    bool registered;             /* over the system bus: each request waits a cycle in a register */
    const sl_region *region;
} sl_fetch;

/* What a core's pipeline model does; one table per model. */
typedef struct {
    void (*reset)(sl_core *core);
    void (*issue)(sl_core *core, const sl_insn *insn);
    void (*skip)(sl_core *core, const sl_insn *insn); /* an IT block skips it */
    void (*follow)(sl_core *core, uint32_t address);  /* the newest instruction went to `address` */
    /* Exception entry, as in sl_exception_entry; an exception return comes here with the stack as its vector. */
    void (*enter)(sl_core *core, uint32_t vector, uint32_t handler, uint32_t stack, bool tail_chained);
    void (*set)(sl_core *core, int setting, int64_t value); /* a setting has changed; may be NULL */
    const sl_memo_model *memo;
} sl_pipeline;

typedef struct {
    sl_profile_row *rows; /* a hash table; NULL while no profile is running */
    size_t size, used;
    uint64_t since; /* cycles up to here belong to instructions already counted */
    uint64_t causes[SL_CAUSE_COUNT]; /* and these are their counters */
} sl_profile;

typedef struct {
    sl_flow_trace flow;
    uint32_t next; /* where the newest instruction leads if it does not branch */
    uint32_t raw;  /* its bytes */
    bool started;
    uint64_t stack_cycle, stack_instructions; /* when sl_stack_words was called last */
} sl_trace;

typedef struct {
    const sl_record *records; /* NULL while nothing is followed */
    size_t count, at;         /* `at`: the next one */
    unsigned it;              /* records from there on that an IT block covers */
    size_t before;            /* both as they were before the newest instruction */
    unsigned it_before;
    bool stop; /* the newest instruction is not the next one */
} sl_follow_state;

struct sl_core {
    /* Running: what each instruction looks at stands together. `inside` is written with each and stands apart from flags that are
     * read with the next: the host would wait for the write where one read covers both. */
    uint64_t now; /* cycles accounted for: the next instruction enters execute here at the earliest */
    uint64_t plain_until; /* cycle_limit, or 0 when there may be another reason to stop: sl_attend */
    uint64_t cycle_limit, instruction_limit;
    uint32_t pc;
    bool request, watch_unmask, unmasked;
    sl_memo memo;
    uint64_t counters[SL_COUNTER_COUNT];
    bool inside;
    uint32_t exception_number;
    int unicorn_error, stop;
    sl_breakpoints breakpoints;
    uint32_t passed; /* the breakpoint that stopped the last run, to be executed now; 1 for none */
    bool breaking;   /* `request` is for a breakpoint: that of the instruction at pc or in an IT block before it */

    sl_unicorn unicorn;
    int kind;
    sl_pipeline pipeline; /* a copy: one load fewer for each instruction */
    struct sl_m7 *m7;     /* state of the Cortex-M7 model, NULL on other cores */

    sl_region regions[SL_MAX_REGIONS];
    int region_count;
    const sl_region *data_region; /* the one hit last */
    int64_t settings[SL_SETTING_COUNT];
    sl_flash flash;
    sl_insn *cache;
    sl_profile profile;
    sl_trace trace;
    sl_follow_state follow;
    sl_tape tape;

    uint64_t snapshot[SL_COUNTER_COUNT];

    /* Pipeline (m3.c) */
    uint64_t execute;      /* cycle in which the newest instruction entered execute */
    uint64_t decode;       /* cycle in which it entered decode */
    uint64_t execute_end;  /* cycle after its own execute cycles, waiting for data not included */
    uint64_t load_ideal;   /* last data cycle of the newest load, without wait states */
    uint64_t load_end;     /* and with them */
    uint64_t held;         /* last cycle in which execute keeps decode from being sure to advance */
    uint64_t gap;          /* cycle in which the newest access waits in execute for the bus, behind a finished one; or 0 */
    uint64_t store_end;    /* last data cycle of the newest store */
    uint64_t access_cycle; /* data cycle of the newest access, for accesses seen by the engine */
    int access_bus;
    uint64_t decode_free;  /* first cycle in which the next instruction can be decoded */
    bool early;            /* the newest instruction is a branch whose target is requested in decode */
    bool delayed;          /* it entered decode behind an instruction that stays in execute */
    bool lsu;              /* it is a load or store, executed or skipped */
    bool folds_it;         /* an IT directly behind it may be folded */
    int it_left;           /* instructions that the newest IT still covers, as decode has seen them */
    bool hides_nop;        /* a NOP takes no cycle behind the newest instruction */
    bool chain;            /* a single load or store may overlap the newest instruction */
    uint16_t written;      /* registers the newest instruction wrote from the ALU */
    sl_fetch fetch;
    uint64_t apb_free[2];  /* first cycle in which the bridge can take a transfer */
    uint64_t fp_ready[32]; /* cycle in which an FP single register can be used */
    uint64_t fp_busy;      /* VDIV, VSQRT in progress until here */

    /* Control flow */
    sl_insn previous;      /* newest instruction issued */
    uint32_t expected;     /* address of the next instruction unless the newest one branches */
    bool streaming;        /* fetch follows `expected` */
    bool leaving;          /* the newest instruction is an unconditional branch, not yet followed */
    bool branched;         /* the next instruction is a branch target */
    int it_remaining;      /* instructions still covered by an IT */
};

/* Makes the next instruction look for reasons to stop. */
static inline void sl_attend(sl_core *core)
{
    core->plain_until = 0;
}

const sl_region *sl_find_region(const sl_core *core, uint32_t address);
const sl_insn *sl_lookup(sl_core *core, const sl_region *region, uint32_t address);
uint32_t sl_register(const sl_core *core, unsigned number);

static inline uint64_t later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* Lets time pass up to `cycle`, charged to `counter`. */
static inline void sl_advance(sl_core *core, uint64_t cycle, int counter)
{
    if (cycle > core->now) {
        core->counters[counter] += cycle - core->now;
        core->now = cycle;
    }
}

/* Asks caches and branch predictor what the step asked, and returns the step that got their answers: this one or another; or
 * NULL. Then the tape holds what has been asked, for other steps and the model: it is not to be asked again.
 * Queries that move count from `tape.base`. */
sl_step *sl_step_ask(sl_core *core, sl_step *step); /* tape.c */
static inline sl_step *sl_step_answered(sl_core *core, sl_step *step)
{
    return step->query_count ? sl_step_ask(core, step) : step;
}

/* m3.c: the Cortex-M3 and M4 pipeline. */
void sl_pipeline_reset(sl_core *core);
void sl_pipeline_issue(sl_core *core, const sl_insn *insn);
void sl_pipeline_skip(sl_core *core, const sl_insn *insn);      /* an IT block skips it */
void sl_pipeline_follow(sl_core *core, uint32_t address);       /* the newest instruction went to `address` */
void sl_pipeline_redirect(sl_core *core, uint32_t target, uint64_t cycle); /* fetch from target, requested in cycle */

uint32_t sl_effective_address(const sl_core *core, const sl_insn *insn);
unsigned sl_divide_cycles(const sl_core *core, const sl_insn *insn);
unsigned sl_long_multiply_cycles(const sl_core *core, const sl_insn *insn);
int sl_bus_of(sl_core *core, uint32_t address);

/* m7.c: the Cortex-M7 pipeline. */
extern const sl_pipeline sl_m7_pipeline;
int sl_m7_new(sl_core *core); /* 0, or -1 when out of memory */
void sl_m7_free(sl_core *core);

/* bus.c: the data side. Returns the last cycle of the data phase that starts in `start`. */
uint64_t sl_data_access(sl_core *core, int bus, uint32_t address, bool store, uint64_t start);
/* and the fetch side: commits requests issued before `cycle`; the first cycle in which `address` can be decoded. */
void sl_fetch_commit(sl_core *core, uint64_t cycle);
uint64_t sl_fetch_ready(sl_core *core, uint32_t address);
/* The fetch of a branch target that is not taken after all: its address was on the bus in `cycle`. */
void sl_fetch_waste(sl_core *core, uint32_t target, uint64_t cycle);

/* follow.c: whether the instruction at `address` is the next one, in follow.stop; and it has not been executed after all. */
void sl_follow_step(sl_core *core, uint32_t address);
void sl_follow_undo(sl_core *core);

/* profile.c */
void sl_profile_add(sl_core *core, uint32_t address); /* everything since the last call is of the instruction there */
void sl_profile_sleep(sl_core *core, uint64_t cycles); /* these are no instruction's */
void sl_profile_free(sl_core *core);

/* trace.c */
void sl_trace_follow(sl_core *core, uint32_t address);
void sl_trace_add(sl_core *core, int kind, uint32_t pc, uint32_t sp);
void sl_trace_exception(sl_core *core, uint32_t handler, uint32_t stack, bool tail_chained);
void sl_trace_exception_return(sl_core *core, uint32_t target, uint32_t stack);
void sl_trace_sleep(sl_core *core, uint64_t cycles); /* that are going to pass */
void sl_trace_stack(sl_core *core);                  /* FP registers are going to be stacked */
void sl_trace_free(sl_core *core);

/* Before the instruction at `address`. */
static inline void sl_trace_step(sl_core *core, uint32_t address)
{
    const sl_trace *trace = &core->trace;
    if (address != trace->next || !sl_flow_is_inside(&trace->flow, address))
        sl_trace_follow(core, address);
}

#endif
