/* Tables that are too large to be part of a remembered state: caches and the branch predictor. All that an instruction
 * does with them is a row of queries; the next one depends on the answers before it and on nothing else in the tables.
 * A tape holds the row: it records queries, and gives those answers again that have been asked for already. */
#ifndef SCOPELESS_TAPE_H
#define SCOPELESS_TAPE_H

#include <stdbool.h>
#include <stdint.h>

#define SL_TAPE_LENGTH 24u /* queries of one instruction; those with more are not remembered */

enum sl_query_kind {
    SL_FLASH_HIT,    /* does a flash controller's cache hold the sector? `flag`: a hit makes its line the newest */
    SL_FLASH_LOOK_UP,   /* the same, with `flag`: which sectors of the line it holds; 0 for a miss, which puts the sector there */
    SL_FLASH_READY,  /* the same; 1 + cycles from `cycle` until it has been read, 0 for a miss */
    SL_FLASH_STORE,  /* the sector has been read; its last cycle is `cycle` */
    SL_CACHE_HIT,    /* does a Cortex-M7's cache hold the line? */
    SL_CACHE_STORE,  /* the same; a hit makes it dirty */
    SL_CACHE_FILL,   /* puts the line in, dirty with `flag`; whether another has to be written back */
    SL_BRANCH_TAKEN, /* what the branch predictor says: 0 nothing, 1 not taken, 2 taken */
    SL_BRANCH_TARGET,
    SL_BRANCH_LEARN  /* `flag`: taken, to `target` */
};

enum sl_table { SL_TABLE_INSTRUCTIONS, SL_TABLE_DATA, SL_TABLE_ACCELERATOR };

typedef struct {
    uint8_t kind;
    uint8_t table;
    bool flag;
    bool moves;      /* `number` counts from the line of the instruction's operand */
    uint16_t slot;   /* where it was found last: looked at first */
    uint32_t number; /* the line, sector or branch */
    union {
        int32_t cycle; /* relative to the cycle before the instruction */
        uint32_t target;
    };
    uint32_t answer;
    uint32_t otherwise; /* the step with the same queries so far and another answer to this one, or 0 */
} sl_query;

typedef struct {
    struct sl_flash *flash;
    struct sl_m7 *m7;
    unsigned count, played; /* answered; and given again to the model */
    bool recording, overrun;
    uint64_t now;  /* cycle before the instruction */
    uint32_t base; /* line of its operand, where queries move with it */
    sl_query query[SL_TAPE_LENGTH];
} sl_tape;

/* The model's way to ask: the tape answers, then the tables; and it is recorded. */
uint32_t sl_tape_ask(sl_tape *tape, sl_query query, uint64_t cycle);

#endif
