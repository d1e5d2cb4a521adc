/* A translation unit of its own: without link-time optimisation, calls into it are not inlined, as in the recorded
 * Cortex-M firmware. */
#include "network.h"

#include <math.h>

#ifdef LIBM_RECORDED
#include "exp_recorded.h"
#define exp exp_recorded
#endif

double dot(double v[], double u[], int n)
{
    double sum = 0.0;
    for (int i = 0; i < n; i++)
        sum += v[i] * u[i];
    return sum;
}

double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}
