/* Where states, steps and their queries are kept: tables of a fixed size, emptied when one of them is full. */
#include <stdlib.h>
#include <string.h>

#include "core.h"

#define MAX_STATES (1u << 16)
#define MAX_OTHERS (1u << 17)
#define MAX_STEPS (MAX_STATES + MAX_OTHERS)
#define MAX_QUERIES (1u << 18)
#define TABLE_SIZE (2 * MAX_STATES)

int sl_memo_new(sl_memo *memo, const sl_memo_model *model)
{
    memo->none.address = 1;
    memo->at = &memo->none;
    memo->current = true;
    memo->steps = aligned_alloc(64, MAX_STEPS * sizeof *memo->steps);
    memo->states = malloc(MAX_STATES * model->state_size);
    memo->costs = malloc(MAX_STEPS * sizeof *memo->costs);
    memo->queries = malloc(MAX_QUERIES * sizeof *memo->queries);
    memo->table = calloc(TABLE_SIZE, sizeof *memo->table);
    memo->counted = malloc(MAX_STEPS * sizeof *memo->counted);
    bool all = memo->steps && memo->states && memo->costs && memo->queries && memo->table && memo->counted;
    return all ? 0 : -1;
}

void sl_memo_free(sl_memo *memo)
{
    free(memo->steps);
    free(memo->states);
    free(memo->costs);
    free(memo->queries);
    free(memo->table);
    free(memo->counted);
}

void sl_memo_count(sl_core *core)
{
    sl_memo *memo = &core->memo;
    for (uint32_t i = 0; i < memo->counted_count; i++) {
        sl_step *step = &memo->steps[memo->counted[i]];
        const sl_cost *cost = &memo->costs[memo->counted[i]];
        for (int counter = 0; counter < SL_COUNTER_COUNT; counter++)
            core->counters[counter] += step->hits * cost->counters[counter];
        step->hits = 0;
    }
    memo->counted_count = 0;
}

void sl_memo_hit_first(sl_memo *memo, const sl_step *step)
{
    memo->counted[memo->counted_count++] = (uint32_t)(step - memo->steps);
}

void sl_memo_forget(sl_core *core)
{
    sl_memo *memo = &core->memo;
    sl_memo_leave(core);
    sl_memo_count(core);
    if (memo->state_count)
        memset(memo->table, 0, TABLE_SIZE * sizeof *memo->table);
    memo->state_count = memo->other_count = memo->query_count = 0;
}

bool sl_memo_full(const sl_memo *memo)
{
    return memo->state_count == MAX_STATES || memo->other_count == MAX_OTHERS ||
           memo->query_count + SL_TAPE_LENGTH > MAX_QUERIES;
}

sl_step *sl_memo_first_step(sl_core *core, const void *state)
{
    sl_memo *memo = &core->memo;
    size_t size = core->pipeline.memo->state_size;
    uint64_t hash = 0;
    for (size_t i = 0; i < size; i += 8) {
        uint64_t word;
        memcpy(&word, (const uint8_t *)state + i, 8);
        hash = (hash ^ word ^ hash >> 32) * 0x9E3779B97F4A7C15u; /* Fibonacci hashing (Knuth) */
    }
    size_t slot = hash >> 40 & (TABLE_SIZE - 1);
    for (; memo->table[slot]; slot = (slot + 1) & (TABLE_SIZE - 1))
        if (memcmp(memo->states + (memo->table[slot] - 1) * size, state, size) == 0)
            return &memo->steps[memo->table[slot] - 1];
    uint32_t number = memo->state_count++;
    memo->table[slot] = number + 1;
    memcpy(memo->states + number * size, state, size);
    memo->steps[number] = (sl_step){.address = 1};
    return &memo->steps[number];
}

sl_step *sl_memo_other_step(sl_memo *memo, sl_step *first)
{
    uint32_t number = MAX_STATES + memo->other_count++;
    memo->steps[number].other = first->other;
    first->other = number;
    return &memo->steps[number];
}
