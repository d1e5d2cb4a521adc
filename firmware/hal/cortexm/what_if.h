/* What a build may set otherwise than its board does: WAIT_STATES, PREFETCH and CACHES of firmware/Makefile. Included at
 * the end of headers and used within lines that were there before, so that debug information, and with it every byte
 * of a build that sets nothing, stays as it is. */
#ifndef WHAT_IF_H
#define WHAT_IF_H

#ifdef WHAT_IF_WAIT_STATES
#define WAIT_STATES_OR(own) WHAT_IF_WAIT_STATES
#else
#define WAIT_STATES_OR(own) own
#endif

#ifndef WITH_PREFETCH
#define WITH_PREFETCH 1
#endif
#ifndef WITH_CODE_CACHE
#define WITH_CODE_CACHE 1
#endif
#ifndef WITH_DATA_CACHE
#define WITH_DATA_CACHE 1
#endif
#define IF_PREFETCH(bits) (WITH_PREFETCH ? (bits) : 0u)
#define IF_NO_PREFETCH(bits) (WITH_PREFETCH ? 0u : (bits))
#define IF_CODE_CACHE(bits) (WITH_CODE_CACHE ? (bits) : 0u)
#define IF_DATA_CACHE(bits) (WITH_DATA_CACHE ? (bits) : 0u)

#endif
