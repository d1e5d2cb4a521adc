/* Arduino Nano 33 BLE (nRF52840). Pins: variants/ARDUINO_NANO33BLE of the Arduino mbed core. */
#ifndef BOARD_H
#define BOARD_H

#include "nrf52.h"

#define BOARD_NAME "nano33ble"
#define BENCHMARK_PORT P0
#define BENCHMARK_PIN 27 /* D9 */
#define SERIAL_TX_PORT P1
#define SERIAL_TX_PIN 3 /* TX */
#define SERIAL_RX_PORT P1
#define SERIAL_RX_PIN 10 /* RX */

#define BOARD_INTERRUPT_COUNT 48 /* Product Specification, peripheral IDs 0 to 47 */
#define BOARD_INTERRUPTS(VECTOR) VECTOR(UART0_INTERRUPT, uart0_handler)

static inline void hal_pin_high(void)
{
    BENCHMARK_PORT->OUTSET = 1u << BENCHMARK_PIN;
}

static inline void hal_pin_low(void)
{
    BENCHMARK_PORT->OUTCLR = 1u << BENCHMARK_PIN;
}

#endif
