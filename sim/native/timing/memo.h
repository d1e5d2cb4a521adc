/* What a model has done before, to be done again at once: memo.c. */
#ifndef SCOPELESS_MEMO_H
#define SCOPELESS_MEMO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "decode.h"
#include "scopeless.h"
#include "tape.h"

typedef struct sl_region sl_region;

/* One instruction executed from one state of the model: what is looked at each time, in one line of the host's cache. */
typedef struct sl_step sl_step;
struct sl_step {
    uint32_t address, raw, mask; /* the instruction and its bytes; address 1: no step yet */
    uint32_t operand;            /* what else it costs by: `part` of an address, how long it divides */
    const uint8_t *host;         /* where the bytes are */
    sl_step *next;               /* the first step from the state behind it */
    uint64_t hits;               /* not yet in the counters */
    uint32_t other;              /* another step from the same state, or 0 */
    uint32_t queries;            /* the first of its queries */
    int32_t offset;              /* SL_STEP_OFFSET */
    uint16_t cycles;
    uint8_t query_count;
    uint8_t kind;                /* enum sl_step_kind */
    uint8_t rn;                  /* SL_STEP_OFFSET */
    uint8_t skipped;             /* bytes before it that an IT block skips */
    uint8_t skip_cycles;         /* and the cycles that these take */
    uint8_t bus;                 /* and what the address is connected to */
    int8_t part;                 /* bits of the operand that matter; -1: all */
    bool parks;                  /* see sl_cost.parked */
    bool plain;                  /* address and bytes are all there is to compare, and nothing to ask or to keep */
};

_Static_assert(sizeof(sl_step) == 64, "a line of the host's cache");

enum sl_step_kind {
    SL_STEP_FIXED,   /* costs the same each time */
    SL_STEP_OFFSET,  /* a load or store at rn + offset */
    SL_STEP_OPERANDS /* anything else that depends on registers */
};

/* The rest of a step. */
typedef struct {
    sl_insn insn;
    uint16_t counters[SL_COUNTER_COUNT]; /* what the step adds; instructions are counted at once */
    uint8_t skipped[16];                 /* the bytes that an IT block skips */
    /* The kept time, relative to the cycle before the step, where it is so long ago in the state behind it that the state
     * does not tell. The model's own field keeps it from then on. */
    int64_t parked;
} sl_cost;

/* How a pipeline model is remembered. Its states begin with an int32_t: not 0 where the kept time is parked. */
typedef struct {
    size_t state_size;
    /* The present state without what cannot matter any more, into zeroed bytes: equal states have equal bytes. False when
     * it is none to remember. */
    bool (*take)(sl_core *core, void *state);
    void (*put)(sl_core *core, const void *state);
    uint64_t (*horizon)(const sl_core *core); /* nothing that is still to come is placed in an earlier cycle */
    uint64_t *(*kept)(sl_core *core);         /* a time that may matter however old it is */
    /* The bits of its address that a load or store costs by, besides the state and the bus; -1: all. */
    int8_t (*part)(const sl_core *core, const sl_insn *insn, int bus);
    bool (*skips_alike)(const sl_insn *insn); /* whether it costs the same each time when an IT block skips it */
} sl_memo_model;

extern const sl_memo_model sl_m3_memo, sl_m7_memo;

typedef struct {
    sl_step *at;  /* the first step from the present state; &none where that state is not known */
    bool current; /* the model's own fields are those of the present state, too */
    sl_step *steps;    /* the first step from each state, then others */
    uint8_t *states;   /* of the model's state_size */
    sl_cost *costs;    /* of each step */
    sl_query *queries; /* of all steps */
    uint32_t *table;   /* states by their hash; 0 is free */
    uint32_t *counted; /* steps with hits */
    uint32_t state_count, other_count, query_count, counted_count;
    sl_step none;
} sl_memo;

typedef struct { /* an instruction on its way through the model, perhaps to be remembered */
    sl_step *from; /* the first step from the state before it */
    sl_insn insn;
    const uint8_t *host;
    uint64_t now, first, kept; /* before the instruction; skip_cycles: those of instructions that an IT block skips */
    uint64_t skip_cycles;
    uint64_t counters[SL_COUNTER_COUNT];
    uint32_t expected, operand;
    int8_t part;
    uint8_t bus, skipped;
    bool skips;
} sl_trial;

/* Whether the bytes are still those of the step, apart from skipped ones. */
static inline bool sl_step_fits(const sl_step *step)
{
    uint32_t raw;
    __builtin_memcpy(&raw, step->host, 4);
    return (raw & step->mask) == step->raw;
}

/* memo.c */
void sl_memo_sync(sl_core *core);  /* makes the model's own fields those of the present state */
void sl_memo_leave(sl_core *core); /* and these are going to change */
/* Whether the operand of an SL_STEP_OFFSET is the step's; queries that move go by it. */
bool sl_memo_is_at(sl_core *core, const sl_step *step);
sl_step *sl_memo_find(sl_core *core, uint32_t address); /* the step to repeat for the instruction there, or NULL */
void sl_memo_park(sl_core *core, const sl_step *step);  /* the model's own field keeps a time from then on */
/* Around the model's work on an instruction: before it, when the instruction is known, when it has been issued. The first
 * two return whether it may be remembered. */
bool sl_memo_begin(sl_core *core, sl_trial *trial);
bool sl_memo_classify(sl_core *core, sl_trial *trial, const sl_region *region, const sl_insn *insn);
void sl_memo_end(sl_core *core, const sl_trial *trial);

/* memo_store.c */
int sl_memo_new(sl_memo *memo, const sl_memo_model *model); /* 0, or -1 when out of memory */
void sl_memo_free(sl_memo *memo);
void sl_memo_forget(sl_core *core); /* what has been remembered is not true any more */
void sl_memo_count(sl_core *core);  /* makes the counters complete */
void sl_memo_hit_first(sl_memo *memo, const sl_step *step);
bool sl_memo_full(const sl_memo *memo);
sl_step *sl_memo_first_step(sl_core *core, const void *state); /* from `state`, which is remembered from now on */
sl_step *sl_memo_other_step(sl_memo *memo, sl_step *first);     /* a further one from the same state */

/* Times relative to the present cycle, as states have them. */
#define SL_PAST INT32_MIN         /* so long ago that it does not matter: cycle 0 is as good */
#define SL_PARKED (INT32_MIN + 1) /* matters however old it is: the model's own field keeps it */
#define SL_PARKED_BEHIND 64u      /* more than the reads that one step can start then, each up to eight cycles */
#define SL_LONG_AGO 10000u        /* cycles: nothing that is still of interest is older */

#endif
