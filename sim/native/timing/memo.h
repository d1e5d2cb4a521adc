/* What the Cortex-M3 model has done before, to be done again at once: memo.c. */
#ifndef SCOPELESS_MEMO_H
#define SCOPELESS_MEMO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One instruction executed from one state of the model. */
typedef struct sl_step sl_step;
struct sl_step {
    uint32_t address, raw, mask; /* the instruction and its bytes; address 1: no step yet */
    uint32_t operand;            /* what else it costs by: where it loads from, how long it divides */
    const uint8_t *host;         /* where the bytes are */
    sl_step *next;               /* the first step from the state behind it */
    sl_step *other;              /* another step from the same state */
    uint64_t hits;               /* not yet in the counters */
    int32_t offset;              /* SL_STEP_OFFSET */
    uint16_t cycles;
    uint8_t kind;                /* enum sl_step_kind */
    uint8_t rn;                  /* SL_STEP_OFFSET */
    uint8_t skipped;             /* bytes before it that an IT block skips */
    uint8_t skip_cycles;         /* and the cycles that these take */
    bool parks;                  /* see sl_cost.parked */
    bool plain;                  /* address and bytes are all there is to compare */
};

enum sl_step_kind {
    SL_STEP_FIXED,   /* costs the same each time */
    SL_STEP_OFFSET,  /* a load or store at rn + offset */
    SL_STEP_OPERANDS /* anything else that depends on registers */
};

typedef struct {
    sl_step *at;  /* the first step from the present state; &none where that state is not known */
    bool current; /* the model's own fields are those of the present state, too */
    sl_step none;
    sl_step *steps;         /* the first step from each state, then others */
    struct sl_state *states;
    struct sl_cost *costs;  /* of each step */
    uint32_t *table;        /* states by their hash; 0 is free */
    uint32_t *counted;      /* steps with hits */
    uint32_t state_count, other_count, counted_count;
} sl_memo;

/* Whether the bytes are still those of the step, apart from skipped ones. */
static inline bool sl_step_fits(const sl_step *step)
{
    uint32_t raw;
    __builtin_memcpy(&raw, step->host, 4);
    return (raw & step->mask) == step->raw;
}

#endif
