/* The benchmark's 3 s period from SysTick. */
#ifndef TIMER_H
#define TIMER_H

#include <stdbool.h>

bool timer_has_elapsed(void); /* like hal_timer_elapsed(), but leaves it to be read */

#endif
