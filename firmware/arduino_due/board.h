/* Arduino Due (SAM3X8E). */
#ifndef BOARD_H
#define BOARD_H

#include "sam3x.h"

#define BOARD_NAME "arduino_due"
/* Pin 9: PC21 (Arduino SAM core, variants/arduino_due_x/variant.cpp). */
#define BENCHMARK_PORT PIOC
#define BENCHMARK_PIN (1u << 21)

#define BOARD_INTERRUPT_COUNT 45 /* sam3x8e.h, PERIPH_COUNT_IRQn */
#define BOARD_INTERRUPTS(VECTOR) VECTOR(UART_ID, uart_handler)

/* One store each; the recorded firmware called Arduino's digitalWrite(). */
static inline void hal_pin_high(void)
{
    BENCHMARK_PORT->SODR = BENCHMARK_PIN;
}

static inline void hal_pin_low(void)
{
    BENCHMARK_PORT->CODR = BENCHMARK_PIN;
}

#endif
