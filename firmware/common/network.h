/* The arithmetic of the published experiment: a dot product and a sigmoid in doubles, without any cleverness. */
#ifndef NETWORK_H
#define NETWORK_H

/* What the network computes with. PRECISION=single builds the what-if of docs/findings/fpu.md. */
#ifdef SINGLE_PRECISION
typedef float real;
#else
typedef double real;
#endif

real dot(real v[], real u[], int n);
real sigmoid(real x);

#endif
