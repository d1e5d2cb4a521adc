/* The parts of the Cortex-M7 model: docs/timing/m7.md. Cycles are absolute; an instruction that issues in cycle t uses the
 * early ALU and address generation in t, the late ALU in t + 1, accumulates in t + 2 and stores its data in t + 3. */
#ifndef SCOPELESS_M7_H
#define SCOPELESS_M7_H

#include "cache.h"
#include "core.h"

/* What an instruction may be issued together with. */
enum sl_m7_flag {
    SL_M7_EARLY = 1 << 0,      /* executes in the early ALU from the older slot when its operands are there */
    SL_M7_SHIFT = 1 << 1,      /* the same from either slot: plain shifts and rotations */
    SL_M7_EARLY_RESULT = 1 << 2, /* always there: REV, RBIT */
    SL_M7_SHIFTER = 1 << 3,    /* shifted operand or constant, bit field, extension: one a cycle */
    SL_M7_OLDER = 1 << 4,      /* only in the older slot */
    SL_M7_ALONE = 1 << 5,
    SL_M7_MAC = 1 << 6,
    SL_M7_LOAD = 1 << 7,
    SL_M7_STORE = 1 << 8,
    SL_M7_BRANCH = 1 << 9,
    SL_M7_FP = 1 << 10,        /* FP arithmetic: one a cycle */
    SL_M7_SETS_FLAGS = 1 << 11,
    SL_M7_READS_FLAGS = 1 << 12,
    SL_M7_NOT_LOADED = 1 << 13, /* operands that were loaded are there a cycle later: multiplication, shifted operands */
    SL_M7_FP_MAC = 1 << 14,
    SL_M7_FP_BEHIND_MAC = 1 << 15 /* not within three cycles behind an FP MAC: VADD, lists and doubles */
};

typedef struct {
    uint32_t address, raw;
    uint16_t flags;
    uint16_t early, late, accumulated, stored; /* registers by the stage that needs them */
    uint8_t result;           /* from issue to the cycle after which the result can be used */
    uint8_t fp_first, fp_count; /* FP registers written */
    uint8_t fp_latency;
    uint8_t fp_reads_first[3], fp_reads_count[3]; /* operands; the third one is the accumulator or the stored one */
} sl_m7_insn;

/* Line fill: a 64-bit beat for each quarter of the line, the one that was asked for first. */
typedef struct {
    uint32_t line;
    unsigned first;     /* quarter that comes first */
    unsigned spacing;   /* cycles between beats */
    bool wraps;         /* all four quarters, or only those up to the line's end */
    uint64_t beat;      /* cycle of the first beat */
    uint64_t end;       /* cycle of the last one */
} sl_fill;

/* From the request of a block that hits to the issue of its instructions: m7_fetch.c. */
#define SL_M7_FETCH_STAGES 5

/* The prefetch unit: 64-bit blocks in the order in which they are fetched. */
typedef struct {
    uint32_t block;       /* address of the newest block */
    uint64_t request;     /* cycle in which it was asked for, pushed back by what it waited */
    uint64_t ready;       /* cycle in which its instructions can issue */
    uint64_t freed[4];    /* when each of the queue's entries becomes free */
    unsigned entry;       /* entry of the newest block */
    uint64_t waited;      /* cycles it waited for memory, not yet charged */
    sl_fill fill;
} sl_prefetch;

/* Branch target address cache. */
#define SL_BTAC_SETS 32u
#define SL_BTAC_WAYS 2u
typedef struct {
    uint32_t branch, target;
    uint8_t taken; /* two-bit counter */
    uint8_t age;
} sl_btac_entry;

struct sl_m7 {
    sl_m7_insn *decoded; /* parallel to the core's decode cache */
    sl_prefetch prefetch;
    sl_btac_entry btac[SL_BTAC_SETS][SL_BTAC_WAYS];

    /* Issue */
    uint64_t cycle;       /* in which the newest instruction issued */
    bool paired;          /* its partner slot is taken or may not be used */
    uint16_t older;       /* flags of the instruction in the older slot */
    uint32_t older_address; /* where it loads from */
    uint64_t available[16]; /* cycle from which a register can be used by a stage */
    uint16_t loaded;      /* registers whose newest value came from a word load */
    uint64_t flags_cycle; /* in which the newest flag-setting instruction issued */
    uint8_t it_left;      /* instructions still covered by an IT */
    bool conditional;     /* the newest instruction is one of them */
    uint64_t fp_available[32]; /* for arithmetic */
    uint32_t fp_loaded;   /* FP registers whose newest value was loaded */
    uint64_t fp_mac_end;  /* first cycle in which what may not follow an FP MAC can issue */

    /* The branch that issued last, until its outcome is known */
    bool branch_pending, predicted_taken, in_btac;
    uint32_t predicted_target;
    unsigned branch_penalty;

    /* Memory */
    sl_cache icache, dcache;
    sl_fill data_fill;
    uint64_t flash_free, ram_free; /* first cycle in which the memory takes an access */
    uint64_t peripheral_free, peripheral_store_free; /* first cycle in which the port takes a load, a store */
    uint64_t stores[4];   /* when each entry of the store buffer is free */
    unsigned store;       /* the entry used next */
    uint64_t store_start; /* when the newest store began to leave the buffer */
    uint64_t bank_free[2]; /* first cycle in which even and odd words take a store */
    sl_cache art;         /* accelerator of the flash on the ITCM port */
    uint32_t art_line;    /* line it reads from */
    uint64_t art_started, art_ready;
};

/* m7_decode.c */
void sl_m7_decode(const sl_insn *insn, sl_m7_insn *out);

/* m7_fetch.c: the cycle in which the instruction can issue as far as fetching is concerned. */
uint64_t sl_m7_fetch(sl_core *core, const sl_insn *insn);
/* Fetching starts over at `target`, asked for in `request`. */
void sl_m7_fetch_from(sl_core *core, uint32_t target, uint64_t request);
void sl_m7_predict(sl_core *core, const sl_insn *insn);
void sl_m7_not_taken(sl_core *core);
void sl_m7_taken(sl_core *core, uint32_t target);

/* m7_btac.c, for the tape. */
uint32_t sl_btac_taken(const struct sl_m7 *m7, uint32_t branch); /* 0: not known, 1: not taken, 2: taken */
uint32_t sl_btac_target(const struct sl_m7 *m7, uint32_t branch);
void sl_btac_learn(struct sl_m7 *m7, uint32_t branch, bool taken, uint32_t target);

/* Asks a cache (enum sl_query_kind) for a line. */
static inline uint32_t sl_m7_ask_cache(sl_core *core, uint8_t kind, uint8_t table, uint32_t line, bool dirty)
{
    return sl_tape_ask(&core->tape, (sl_query){.kind = kind, .table = table, .number = line, .flag = dirty}, 0);
}

/* m7_memory.c: cycles that an access waits for beyond one that hits, with its first cycle in `cycle`. */
uint64_t sl_m7_load(sl_core *core, uint32_t address, uint64_t cycle);
uint64_t sl_m7_store(sl_core *core, uint32_t address, unsigned width, uint64_t cycle);
/* Line fill from behind the AXI port. */
sl_fill sl_m7_line_fill(sl_core *core, int bus, uint32_t address, uint64_t cycle, bool wraps);
uint64_t sl_fill_beat(const sl_fill *fill, uint32_t address); /* cycle of the beat with `address`, UINT64_MAX if none */
/* Cycles that a block of flash on the ITCM port waits. */
uint64_t sl_m7_itcm_flash(sl_core *core, uint32_t block, uint64_t cycle);
void sl_m7_set(sl_core *core, int setting, int64_t value);

#endif
