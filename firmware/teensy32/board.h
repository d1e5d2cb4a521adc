/* Teensy 3.2 (MK20DX256). */
#ifndef BOARD_H
#define BOARD_H

#include "kinetis.h"

#define BOARD_NAME "teensy32"
/* Pin 9: PTC3 (Teensyduino, core_pins.h). */
#define BENCHMARK_PORT GPIOC
#define BENCHMARK_PIN (1u << 3)
#define BENCHMARK_PCR PORTC_PCR(3)

/* Teensyduino, kinetis.h */
#define UART0_INTERRUPT 45
#define BOARD_INTERRUPT_COUNT 95
#define BOARD_INTERRUPTS(VECTOR) VECTOR(UART0_INTERRUPT, uart0_handler)
#define BOARD_EARLY_INIT kinetis_early_init

/* One store each; the recorded firmware called Arduino's digitalWrite(). */
static inline void hal_pin_high(void)
{
    BENCHMARK_PORT->PSOR = BENCHMARK_PIN;
}

static inline void hal_pin_low(void)
{
    BENCHMARK_PORT->PCOR = BENCHMARK_PIN;
}

#endif
