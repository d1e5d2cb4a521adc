/* The program's way between functions, as both libraries record it (sim/scopeless/flow.py reads it). Branches within a
 * function leave no event unless they call or return. */
#ifndef SCOPELESS_FLOW_H
#define SCOPELESS_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define SL_FLOW_CAPACITY 16384u /* events: then the run is ended, so that they can be taken */
#define SL_FLOW_MARGIN 64u      /* what may still come until it has ended */

enum sl_flow {
    SL_FLOW_START,            /* the trace begins */
    SL_FLOW_CALL,
    SL_FLOW_RETURN,
    SL_FLOW_JUMP,             /* any other way into another function: a tail call, or falling through */
    SL_FLOW_EXCEPTION,        /* its entry begins; sp: as it will be given to its return */
    SL_FLOW_EXCEPTION_RETURN, /* is done */
    SL_FLOW_SLEEP,
    SL_FLOW_WAKE,
    SL_FLOW_STOP              /* the trace ends */
};

typedef struct {
    uint64_t cycle, instructions; /* totals when the instruction before was done */
    uint32_t kind, pc, sp;        /* pc: the instruction gone to; sp: as it finds it */
} sl_flow_event;

typedef struct {
    bool on;
    sl_flow_event *events;
    size_t used;
    uint32_t *bounds; /* rising: the addresses at which a function begins or ends */
    size_t bound_count;
    uint32_t low, size; /* the function that runs lies here */
} sl_flow_trace;

static inline void sl_flow_free(sl_flow_trace *trace)
{
    free(trace->events);
    free(trace->bounds);
    memset(trace, 0, sizeof *trace);
}

/* 0, or -1 when out of memory. */
static inline int sl_flow_begin(sl_flow_trace *trace, const uint32_t *bounds, size_t count)
{
    sl_flow_free(trace);
    trace->events = malloc((SL_FLOW_CAPACITY + SL_FLOW_MARGIN) * sizeof *trace->events);
    trace->bounds = malloc((count + 1) * sizeof *bounds);
    if (!trace->events || !trace->bounds) {
        sl_flow_free(trace);
        return -1;
    }
    memcpy(trace->bounds, bounds, count * sizeof *bounds);
    trace->bound_count = count;
    trace->on = true;
    return 0;
}

/* Whether the run should end. */
static inline bool sl_flow_add(sl_flow_trace *trace, sl_flow_event event)
{
    if (trace->used < SL_FLOW_CAPACITY + SL_FLOW_MARGIN)
        trace->events[trace->used++] = event;
    return trace->used >= SL_FLOW_CAPACITY;
}

/* Whether the core has just been woken in `cycle`: then it sleeps on `until`, nothing happened but an event. */
static inline bool sl_flow_sleeps_on(sl_flow_trace *trace, uint64_t cycle, uint64_t until)
{
    sl_flow_event *last = trace->used ? &trace->events[trace->used - 1] : NULL;
    if (!last || last->kind != SL_FLOW_WAKE || last->cycle != cycle)
        return false;
    last->cycle = until;
    return true;
}

static inline bool sl_flow_is_inside(const sl_flow_trace *trace, uint32_t address)
{
    return address - trace->low < trace->size;
}

/* The function at `address` runs from here on. */
static inline void sl_flow_enter(sl_flow_trace *trace, uint32_t address)
{
    size_t low = 0, high = trace->bound_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (trace->bounds[middle] <= address)
            low = middle + 1;
        else
            high = middle;
    }
    trace->low = low ? trace->bounds[low - 1] : 0;
    trace->size = (low < trace->bound_count ? trace->bounds[low] : UINT32_MAX) - trace->low;
}

#endif
