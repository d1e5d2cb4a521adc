/* Queries to caches and the branch predictor, performed, recorded and repeated. */
#include "tape.h"

#include "m7.h"

static sl_cache *cache_of(sl_tape *tape, unsigned table)
{
    struct sl_m7 *m7 = tape->m7;
    if (table == SL_TABLE_ACCELERATOR)
        return &m7->art;
    return table == SL_TABLE_DATA ? &m7->dcache : &m7->icache;
}

static uint32_t ask_cache(sl_cache *cache, sl_query *query)
{
    if (cache->line[query->slot] != query->number) {
        int slot = sl_cache_find(cache, query->number);
        if (slot < 0)
            return 0;
        query->slot = (uint16_t)slot;
    }
    if (query->kind == SL_CACHE_STORE)
        cache->dirty[query->slot] = true;
    return 1;
}

/* `cycle` is absolute, for kinds that have one. */
static inline uint32_t perform(sl_tape *tape, sl_query *query, uint64_t cycle)
{
    sl_lines *lines = query->table == SL_TABLE_DATA ? &tape->flash->dcache_lines : &tape->flash->icache_lines;
    uint32_t number = query->moves ? query->number + tape->base : query->number;
    if (query->kind == SL_FLASH_HIT)
        return sl_lines_find(lines, number, query->flag, &query->slot);
    if (query->kind == SL_FLASH_LOOK_UP)
        return sl_lines_look_up(lines, number, &query->slot);
    if (query->kind == SL_CACHE_HIT)
        return ask_cache(cache_of(tape, query->table), query);
    switch (query->kind) {
    case SL_FLASH_READY:
        if (!sl_lines_find(lines, number, query->flag, &query->slot))
            return 0;
        return 1 + (uint32_t)(sl_later(lines->ready[query->slot], cycle) - cycle);
    case SL_FLASH_STORE:
        sl_lines_store(lines, number, cycle);
        return 0;
    case SL_CACHE_STORE:
        return ask_cache(cache_of(tape, query->table), query);
    case SL_CACHE_FILL:
        return sl_cache_allocate(cache_of(tape, query->table), number, query->flag);
    case SL_BRANCH_TAKEN:
        return sl_btac_taken(tape->m7, number);
    case SL_BRANCH_TARGET:
        return sl_btac_target(tape->m7, number);
    default:
        sl_btac_learn(tape->m7, number, query->flag, query->target);
        return 0;
    }
}

uint32_t sl_tape_ask(sl_tape *tape, sl_query query, uint64_t cycle)
{
    if (tape->played < tape->count)
        return tape->query[tape->played++].answer;
    if (query.moves)
        query.number -= tape->base;
    query.answer = perform(tape, &query, cycle);
    if (!tape->recording)
        return query.answer;
    if (tape->count == SL_TAPE_LENGTH) {
        tape->overrun = true;
        return query.answer;
    }
    if (query.kind == SL_FLASH_READY || query.kind == SL_FLASH_STORE)
        query.cycle = (int32_t)(int64_t)(cycle - tape->now);
    tape->query[tape->count++] = query;
    tape->played++;
    return query.answer;
}

/* Whether the step has got the answers that the tape holds. */
static bool agrees(const sl_tape *tape, const sl_query *query)
{
    for (unsigned i = 0; i < tape->count; i++)
        if (tape->query[i].answer != query[i].answer)
            return false;
    return true;
}

/* The step that got this answer to its query i instead, with the same ones before it; or NULL, with all of them on the tape. */
static sl_step *other_step(sl_core *core, const sl_query *query, unsigned i, uint32_t answer)
{
    sl_tape *tape = &core->tape;
    const sl_memo *memo = &core->memo;
    sl_step *other = &memo->steps[query[i].otherwise];
    if (query[i].otherwise && memo->queries[other->queries + i].answer == answer)
        return other;
    for (; tape->count <= i; tape->count++)
        tape->query[tape->count] = query[tape->count];
    tape->query[i].answer = answer;
    return NULL;
}

static __attribute__((noinline)) uint32_t perform_rare(sl_tape *tape, sl_query *query, uint64_t now)
{
    return perform(tape, query, now + (uint64_t)(int64_t)query->cycle);
}

sl_step *sl_step_ask(sl_core *core, sl_step *step)
{
    sl_query *query = &core->memo.queries[step->queries];
    unsigned i = core->tape.count;
    if (i && !agrees(&core->tape, query))
        return NULL;
    for (; i < step->query_count; i++) {
        sl_query *asked = &query[i];
        uint32_t answer;
        if (asked->kind == SL_FLASH_HIT && !asked->moves)
            answer = sl_lines_find(&core->flash.icache_lines, asked->number, asked->flag, &asked->slot);
        else if (asked->kind == SL_FLASH_LOOK_UP)
            answer = sl_lines_look_up(&core->flash.icache_lines, asked->number, &asked->slot);
        else
            answer = perform_rare(&core->tape, asked, core->now);
        if (answer != asked->answer) {
            step = other_step(core, query, i, answer);
            if (!step)
                return NULL;
            query = &core->memo.queries[step->queries];
        }
    }
    core->tape.count = 0;
    return step;
}
