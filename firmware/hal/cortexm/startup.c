/* Vector table, memory initialisation and main loop of every Cortex-M board. The board's board.h gives the number of
 * its chip's interrupts and the handlers that are used: BOARD_INTERRUPT_COUNT, BOARD_INTERRUPTS(VECTOR); and, for a chip
 * that cannot wait, BOARD_EARLY_INIT: a function to be called before memory is initialised. */
#include <stdint.h>

#include "board.h"
#include "console.h"
#include "hal.h"

/* Defined by the linker script. */
extern uint32_t _stack_top[], _data_load[], _data_start[], _data_end[], _bss_start[], _bss_end[];

typedef void handler(void);

void reset_handler(void);
handler systick_handler;

/* Faults and interrupts that nobody enabled end here, where a debugger finds them. */
__attribute__((naked)) void unexpected_exception(void)
{
    __asm__ volatile("b .");
}

#define DECLARE(number, function) handler function;
BOARD_INTERRUPTS(DECLARE)

#define FIRST_INTERRUPT 16
#define VECTOR(number, function) [FIRST_INTERRUPT + (number)] = function,

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
__attribute__((section(".vectors"), used)) handler *const vectors[FIRST_INTERRUPT + BOARD_INTERRUPT_COUNT] = {
    [0] = (handler *)_stack_top,
    [1] = reset_handler,
    [2 ... FIRST_INTERRUPT + BOARD_INTERRUPT_COUNT - 1] = unexpected_exception,
    [15] = systick_handler,
    BOARD_INTERRUPTS(VECTOR)
};
#pragma GCC diagnostic pop

void reset_handler(void)
{
#ifdef BOARD_EARLY_INIT
    BOARD_EARLY_INIT();
#endif
    const uint32_t *from = _data_load;
    for (uint32_t *to = _data_start; to < _data_end;)
        *to++ = *from++;
    for (uint32_t *to = _bss_start; to < _bss_end;)
        *to++ = 0;
    hal_init();
    console_start();
    for (;;)
        console_step();
}
