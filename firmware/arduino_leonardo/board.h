/* Arduino Leonardo (ATmega32U4): pin as recorded; the serial port on the pins, because the sketch's Serial is USB. */
#ifndef BOARD_H
#define BOARD_H

#include <Arduino.h>

#define BOARD_NAME "arduino_leonardo"
#define BOARD_SERIAL Serial1
#define BENCHMARK_PIN 9 /* PB5 */

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
