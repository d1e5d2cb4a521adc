/* Arduino Uno (ATmega328P): pin and port as recorded. */
#ifndef BOARD_H
#define BOARD_H

#include <Arduino.h>

#define BOARD_NAME "arduino_uno"
#define BOARD_SERIAL Serial
#define BENCHMARK_PIN 9 /* PB1 */

/* Always inline: the sketch calls digitalWrite() itself, and -Os would put a call and a jump before it. */
static inline __attribute__((always_inline)) void hal_pin_high(void)
{
    digitalWrite(BENCHMARK_PIN, HIGH);
}

static inline __attribute__((always_inline)) void hal_pin_low(void)
{
    digitalWrite(BENCHMARK_PIN, LOW);
}

#endif
