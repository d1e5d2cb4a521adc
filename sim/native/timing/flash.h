/* Flash controllers: how long a read takes, given what the controller has buffered or cached. Cycles are absolute core
 * cycles; a read whose data phase starts in cycle c and takes w wait states ends in cycle c + w. docs/timing/memory.md has
 * the sources of every controller, what is assumed, and the measured loops that decide. */
#ifndef SCOPELESS_FLASH_H
#define SCOPELESS_FLASH_H

#include <stdbool.h>
#include <stdint.h>

#include "lines.h"
#include "tape.h"

/* One line of a buffer. `number` is its address divided by its size. */
typedef struct {
    uint32_t number;
    uint8_t sectors; /* 0: none, 1: valid */
    uint64_t ready;  /* last cycle of the read into it */
} sl_line;

/* One array that can be read while the others are, with its buffers. */
typedef struct {
    uint64_t free;    /* first cycle in which the array can start a read */
    sl_line code[2];  /* instruction buffers */
    sl_line data[2];  /* data buffers */
    sl_line ahead;    /* what has been read ahead and not been asked for yet */
    int current;      /* the instruction buffer in use, where either can be */
    uint32_t held;    /* STM32L4: sectors that the cache holds of the line that code[0] is in, its newest line; 0: not known */
} sl_flash_bank;

typedef struct sl_flash sl_flash;

/* Last cycle of the data phase of an instruction fetch (I-Code) or a data read (D-Code) that starts in `start`. */
typedef struct {
    uint64_t (*fetch)(sl_flash *flash, uint32_t address, uint64_t start);
    uint64_t (*data)(sl_flash *flash, uint32_t address, uint64_t start);
    /* A fetch that the core drops, because it was made for a branch that is not taken; NULL: as any other fetch. */
    uint64_t (*speculate)(sl_flash *flash, uint32_t address, uint64_t start);
    unsigned sets, ways, sectors;  /* of the cache for instructions, or for both; sectors of each line */
    unsigned data_sets, data_ways; /* of a cache for data alone */
    bool shared_port;              /* I-Code and D-Code share one bus: one access at a time */
} sl_flash_controller;

struct sl_flash {
    const sl_flash_controller *controller;
    int wait_states; /* as the controller's register has them */
    int ratio;       /* core clock / flash clock */
    int width;       /* bytes read at once, where a register selects it */
    bool prefetch, data_prefetch, line_buffer, icache, dcache, replace_oldest;
    uint64_t port_free; /* first cycle in which a shared code bus can start a data phase */
    sl_flash_bank bank[2];
    sl_lines icache_lines, dcache_lines; /* asked through the tape */
    sl_tape *tape;
};

/* `settings` are those of enum sl_setting. */
void sl_flash_configure(sl_flash *flash, const int64_t *settings);
void sl_flash_reset(sl_flash *flash);
/* Forgets what instruction and data caches and buffers hold. */
void sl_flash_invalidate(sl_flash *flash, bool instructions, bool data);

static inline uint64_t sl_flash_fetch(sl_flash *flash, uint32_t address, uint64_t start)
{
    return flash->controller->fetch(flash, address, start);
}

static inline uint64_t sl_flash_speculate(sl_flash *flash, uint32_t address, uint64_t start)
{
    const sl_flash_controller *controller = flash->controller;
    return (controller->speculate ? controller->speculate : controller->fetch)(flash, address, start);
}

static inline uint64_t sl_flash_data(sl_flash *flash, uint32_t address, uint64_t start)
{
    return flash->controller->data(flash, address, start);
}

/* Core cycles that a read of the array takes, at most two of its periods less one. */
static inline uint64_t sl_flash_read_cycles(const sl_flash *flash)
{
    return ((uint64_t)flash->wait_states + 1) * (uint64_t)flash->ratio;
}

/* For the controllers. */
extern const sl_flash_controller sl_flash_stm32f1, sl_flash_stm32l4, sl_flash_sam3x, sl_flash_k20, sl_flash_k64,
    sl_flash_nrf52, sl_flash_apollo3;

static inline uint64_t sl_later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* A read of the array that takes `cycles`, as soon after `start` as it is free. Returns its last cycle. */
static inline uint64_t sl_array_read(sl_flash_bank *bank, uint64_t start, uint64_t cycles)
{
    bank->free = sl_later(start, bank->free) + cycles;
    return bank->free - 1;
}

static inline bool sl_line_is(const sl_line *line, uint32_t number)
{
    return line->sectors && line->number == number;
}

static inline void sl_line_set(sl_line *line, uint32_t number, uint64_t ready)
{
    *line = (sl_line){.number = number, .sectors = 1, .ready = ready};
}

/* Whether a cache holds a sector. `number` counts sectors. `refresh`: a hit makes the line the newest of its set. */
static inline bool sl_flash_holds(const sl_flash *flash, uint8_t table, uint32_t number, bool refresh)
{
    bool moves = table == SL_TABLE_DATA; /* data are nowhere else: any address costs alike */
    sl_query query = {.kind = SL_FLASH_HIT, .table = table, .number = number, .flag = refresh, .moves = moves};
    return sl_tape_ask(flash->tape, query, 0);
}

/* Which sectors the cache of instructions holds of the line that this one is in, which is the newest then. Where it does
 * not hold this one, 0: it does from then on, and nobody is to ask since when. */
static inline uint32_t sl_flash_look_up(const sl_flash *flash, uint32_t number)
{
    return sl_tape_ask(flash->tape, (sl_query){.kind = SL_FLASH_LOOK_UP, .number = number}, 0);
}

/* The same for the cache of instructions, or of both: 0, or the first cycle from `start` in which the line has been read. */
static inline uint64_t sl_flash_cached(const sl_flash *flash, uint32_t number, bool refresh, uint64_t start)
{
    sl_query query = {.kind = SL_FLASH_READY, .number = number, .flag = refresh};
    uint32_t answer = sl_tape_ask(flash->tape, query, start);
    return answer ? start + answer - 1 : 0;
}

/* A sector whose last cycle is `ready` is kept, in a line of its own or instead of the oldest line of its set. */
static inline void sl_flash_keep(const sl_flash *flash, uint8_t table, uint32_t number, uint64_t ready)
{
    bool moves = table == SL_TABLE_DATA;
    sl_query query = {.kind = SL_FLASH_STORE, .table = table, .number = number, .moves = moves};
    sl_tape_ask(flash->tape, query, ready);
}

#endif
