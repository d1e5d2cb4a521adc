/* Nucleo-L476RG. */
#ifndef BOARD_H
#define BOARD_H

#include "stm32l4.h"

#define BOARD_NAME "stm32l476"

/* To the ST-LINK's virtual COM port: UM1724 6.8. */
#define SERIAL USART2
#define SERIAL_INTERRUPT USART2_INTERRUPT
#define SERIAL_CLOCK_HZ (CLOCK_MHZ * 1000000u) /* APB1 runs at the core clock */
#define SERIAL_PORT GPIOA
#define SERIAL_TX 2u
#define SERIAL_RX 3u
#define SERIAL_FUNCTION USART2_FUNCTION

#define BENCHMARK_PORT GPIOA
#define BENCHMARK_PIN 5u /* PA5: D13 and the green LED */

#define BOARD_INTERRUPT_COUNT 82 /* RM0351, table 57 */
#define BOARD_INTERRUPTS(VECTOR) VECTOR(SERIAL_INTERRUPT, stm32_serial_handler)

static inline void hal_pin_high(void)
{
    BENCHMARK_PORT->ODR |= 1u << BENCHMARK_PIN;
}

static inline void hal_pin_low(void)
{
    BENCHMARK_PORT->ODR &= ~(1u << BENCHMARK_PIN);
}

#endif
