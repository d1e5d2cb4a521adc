/* A translation unit of its own: without link-time optimisation, calls into it are not inlined, as in the recorded
 * Cortex-M firmware. */
#include "network.h"

#include <math.h>

#ifdef SINGLE_PRECISION
#define exp expf
#elif defined LIBM_RECORDED
#include "exp_recorded.h"
#define exp exp_recorded
#endif

real dot(real v[], real u[], int n)
{
    real sum = 0;
    for (int i = 0; i < n; i++)
        sum += v[i] * u[i];
    return sum;
}

real sigmoid(real x)
{
    return 1 / (1 + exp(-x));
}
