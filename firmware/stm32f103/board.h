/* STM32F103C8 ("Blue Pill"): chip and pin as recorded. */
#ifndef BOARD_H
#define BOARD_H

#include "stm32f1.h"

#define BOARD_NAME "stm32f103"
#define BENCHMARK_PIN 12 /* PB12 */

#define BOARD_INTERRUPT_COUNT 43 /* RM0008 10.1.2, table 63 (medium density) */
#define BOARD_INTERRUPTS(VECTOR) VECTOR(USART1_INTERRUPT, usart1_handler)

/* Read, modify, write of ODR as in the recorded firmware; a single write of BSRR would be shorter. */
static inline void hal_pin_high(void)
{
    GPIOB->ODR |= 1u << BENCHMARK_PIN;
}

static inline void hal_pin_low(void)
{
    GPIOB->ODR &= ~(1u << BENCHMARK_PIN);
}

#endif
