/* STM32 families with the newer ports and USART. board.h names SERIAL (its interrupt, pins and clock) and the benchmark
 * pin; the family's file sets up the clocks. */
#include "stm32_v2.h"

#include "board.h"
#include "cortexm.h"
#include "hal.h"
#include "ring.h"
#include "timer.h"

#define SCB_VTOR REGISTER(0xE000ED08) /* DDI0403 B3.2.5 */

static struct ring sent, received;

static void set_field(volatile uint32_t *reg, unsigned bits, unsigned index, uint32_t value)
{
    uint32_t mask = ((1u << bits) - 1) << bits * index;
    *reg = (*reg & ~mask) | value << bits * index;
}

static void init_serial_pin(unsigned pin)
{
    set_field(&SERIAL_PORT->AFR[pin / 8], 4, pin % 8, SERIAL_FUNCTION);
    set_field(&SERIAL_PORT->OSPEEDR, 2, pin, GPIO_SPEED_VERY_HIGH);
    set_field(&SERIAL_PORT->MODER, 2, pin, GPIO_MODE_ALTERNATE);
}

static void init_serial(void)
{
    init_serial_pin(SERIAL_TX);
    init_serial_pin(SERIAL_RX);
    SERIAL->BRR = (SERIAL_CLOCK_HZ + BAUD / 2) / BAUD;
    SERIAL->CR1 = USART_CR1_UE | USART_CR1_TE | USART_CR1_RE | USART_CR1_RXNEIE;
    while (!(SERIAL->ISR & USART_ISR_TEACK)) {
    }
    enable_interrupt(SERIAL_INTERRUPT);
}

void hal_init(void)
{
    enable_fpu();
    SCB_VTOR = 0x08000000; /* boot may have found the vectors at an alias of the flash */
    stm32_init_clocks();
    set_field(&BENCHMARK_PORT->MODER, 2, BENCHMARK_PIN, GPIO_MODE_OUTPUT);
    init_serial();
    interrupts_on();
}

void stm32_serial_handler(void)
{
    uint32_t status = SERIAL->ISR;
    uint32_t enabled = SERIAL->CR1;
    if (status & USART_ISR_RXNE) {
        uint8_t byte = (uint8_t)SERIAL->RDR;
        if (!ring_full(&received))
            ring_put(&received, byte);
    }
    if (status & USART_ISR_ORE)
        SERIAL->ICR = USART_ICR_ORECF;
    if ((status & USART_ISR_TXE) && (enabled & USART_CR1_TXEIE)) {
        if (ring_empty(&sent))
            SERIAL->CR1 &= ~USART_CR1_TXEIE;
        else
            SERIAL->TDR = ring_get(&sent);
    }
    if ((status & USART_ISR_TC) && (enabled & USART_CR1_TCIE))
        SERIAL->CR1 &= ~USART_CR1_TCIE; /* it has ended the sleep in hal_window_begin() */
}

static void send_queued(void)
{
    SERIAL->CR1 |= USART_CR1_TXEIE;
}

static bool everything_sent(void)
{
    return ring_empty(&sent) && (SERIAL->ISR & USART_ISR_TC);
}

static void wake_when_sent(void)
{
    SERIAL->CR1 |= USART_CR1_TCIE;
}

#include "serial.h"
