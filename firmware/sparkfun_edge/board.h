/* SparkFun Edge (Ambiq Apollo3 Blue). Pads: edge/bsp of SparkFun's AmbiqSuite board support. */
#ifndef BOARD_H
#define BOARD_H

#include "apollo3.h"

#define BOARD_NAME "sparkfun_edge"
#define BENCHMARK_PIN 44 /* the green LED */
#define GPIO_FUNCTION 3u /* of pad 44 */
#define SERIAL_TX_PAD 48
#define SERIAL_RX_PAD 49
#define SERIAL_FUNCTION 0u /* UART0 on pads 48 and 49 */

#define BOARD_INTERRUPT_COUNT 32 /* apollo3.h */
#define BOARD_INTERRUPTS(VECTOR) VECTOR(UART0_INTERRUPT, uart0_handler)

static inline void hal_pin_high(void)
{
    GPIO_WTS(BENCHMARK_PIN) = GPIO_BIT(BENCHMARK_PIN);
}

static inline void hal_pin_low(void)
{
    GPIO_WTC(BENCHMARK_PIN) = GPIO_BIT(BENCHMARK_PIN);
}

#endif
