/* What the benchmark needs from a board. Implemented once per family in hal/, configured by the board's board.h, which
 * also gives hal_pin_high() and hal_pin_low() as inline functions. */
#ifndef HAL_H
#define HAL_H

#include <stdbool.h>

#include "board.h" /* BOARD_NAME, hal_pin_high(), hal_pin_low() */

#ifdef __cplusplus
extern "C" {
#endif

void hal_init(void);              /* clocks, pin (low), serial port; interrupts on */
int hal_read(void);               /* next received byte, or -1 when there is none */
void hal_write(const char *text); /* queues the text; waits while there is no room */
void hal_timer_start(void);       /* first period of 3 s begins now */
void hal_timer_stop(void);
bool hal_timer_elapsed(void);     /* true once per elapsed period */
void hal_wait(void);              /* sleeps until a byte or the end of a period is there to be read */
void hal_window_begin(void);      /* waits until everything is sent, then masks interrupts */
void hal_window_end(void);        /* unmasks interrupts */

#ifdef __cplusplus
}
#endif

#endif
