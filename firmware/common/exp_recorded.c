/* LIBM=recorded. The newlib of GCC 7-2018-q2 checked every exp() after the fact, in System V style: the core routine
 * first, then, unless the library was set to IEEE behaviour and for a finite argument, a comparison with the overflow
 * threshold and one with the underflow threshold. Debian's newlib still has such a wrapper, but is set to IEEE
 * behaviour, which saves the two double comparisons. Here is the wrapper again, around the same core routine.
 *
 * Built without -ffast-math, as a C library is. */
#define _DEFAULT_SOURCE /* finite() */
#include "exp_recorded.h"

#include <errno.h>
#include <math.h>

/* newlib's core routine (fdlibm e_exp.c); not declared in its public headers. */
double __ieee754_exp(double x);

/* Beyond these exp(x) leaves the range of double: ln(DBL_MAX) and ln(smallest subnormal / 2), from fdlibm w_exp.c. */
static const double overflow_threshold = 7.09782712893383973096e+02;
static const double underflow_threshold = -7.45133219101941108420e+02;

/* newlib's _LIB_VERSION: a variable, so that every call looks at it. */
enum { IEEE_BEHAVIOUR = -1, POSIX_BEHAVIOUR = 0 };
signed char exp_recorded_behaviour = POSIX_BEHAVIOUR;

double exp_recorded(double x)
{
    double result = __ieee754_exp(x);
    if (exp_recorded_behaviour == IEEE_BEHAVIOUR)
        return result;
    if (finite(x)) {
        if (x > overflow_threshold) {
            errno = ERANGE;
            return HUGE_VAL;
        }
        if (x < underflow_threshold) {
            errno = ERANGE;
            return 0.0;
        }
    }
    return result;
}
