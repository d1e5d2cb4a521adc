/* STM32F746G-DISCO: chip and pins as recorded. */
#ifndef BOARD_H
#define BOARD_H

#include "stm32f7.h"

#define BOARD_NAME "stm32f746"

#define SERIAL USART6
#define SERIAL_INTERRUPT USART6_INTERRUPT
#define SERIAL_CLOCK_HZ (CLOCK_MHZ * 1000000u / APB2_PRESCALER)
#define SERIAL_PORT GPIOC
#define SERIAL_TX 6u
#define SERIAL_RX 7u
#define SERIAL_FUNCTION USART6_FUNCTION

#define BENCHMARK_PORT GPIOG
#define BENCHMARK_PIN 7u /* PG7 */

#define BOARD_INTERRUPT_COUNT 98 /* RM0385, table 46 */
#define BOARD_INTERRUPTS(VECTOR) VECTOR(SERIAL_INTERRUPT, stm32_serial_handler)

/* Read, modify, write of ODR as in the recorded firmware. */
static inline void hal_pin_high(void)
{
    BENCHMARK_PORT->ODR |= 1u << BENCHMARK_PIN;
}

static inline void hal_pin_low(void)
{
    BENCHMARK_PORT->ODR &= ~(1u << BENCHMARK_PIN);
}

#endif
