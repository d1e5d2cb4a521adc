/* exp() as the recorded firmware's C library had it, see exp_recorded.c. */
#ifndef EXP_RECORDED_H
#define EXP_RECORDED_H

double exp_recorded(double x);

#endif
