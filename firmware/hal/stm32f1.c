/* STM32F1: clock tree, USART1 on PA9 and PA10, the benchmark pin. */
#include "stm32f1.h"

#include "cortexm.h"
#include "hal.h"
#include "ring.h"
#include "timer.h"

#define HSE_MHZ 8
#define BAUD 115200

static struct ring sent, received;

static void init_clock(void)
{
    RCC->CR |= RCC_CR_HSEON;
    while (!(RCC->CR & RCC_CR_HSERDY)) {
    }
    /* Two wait states are meant for 48 to 72 MHz (RM0008 3.3.3); the recorded overclock kept them too. */
    FLASH_ACR = IF_PREFETCH(FLASH_ACR_PRFTBE) | FLASH_ACR_LATENCY(WAIT_STATES_OR(2));
    RCC->CFGR = RCC_CFGR_PLLSRC_HSE | RCC_CFGR_PLLMUL(CLOCK_MHZ / HSE_MHZ) | RCC_CFGR_PPRE1_DIV2;
    RCC->CR |= RCC_CR_PLLON;
    while (!(RCC->CR & RCC_CR_PLLRDY)) {
    }
    RCC->CFGR |= RCC_CFGR_SW_PLL;
    while ((RCC->CFGR & RCC_CFGR_SWS_MASK) != RCC_CFGR_SWS_PLL) {
    }
}

static void init_pin(gpio_t *port, unsigned pin, uint32_t mode)
{
    port->CRH = (port->CRH & ~GPIO_CRH(pin, GPIO_MODE_MASK)) | GPIO_CRH(pin, mode);
}

static void init_serial(void)
{
    init_pin(GPIOA, 9, GPIO_ALTERNATE_50MHZ);
    init_pin(GPIOA, 10, GPIO_INPUT_FLOATING);
    USART1->BRR = (CLOCK_MHZ * 1000000u + BAUD / 2) / BAUD; /* APB2 runs at the core clock */
    USART1->CR1 = USART_CR1_UE | USART_CR1_TE | USART_CR1_RE | USART_CR1_RXNEIE;
    enable_interrupt(USART1_INTERRUPT);
}

void hal_init(void)
{
    init_clock();
    RCC->APB2ENR |= RCC_APB2ENR_IOPAEN | RCC_APB2ENR_IOPBEN | RCC_APB2ENR_USART1EN;
    init_pin(GPIOB, BENCHMARK_PIN, GPIO_OUTPUT_50MHZ);
    init_serial();
    interrupts_on();
}

void usart1_handler(void);
void usart1_handler(void)
{
    uint32_t status = USART1->SR;
    uint32_t enabled = USART1->CR1;
    if (status & (USART_SR_RXNE | USART_SR_ORE)) {
        uint8_t byte = (uint8_t)USART1->DR; /* after SR: clears both flags */
        if ((status & USART_SR_RXNE) && !ring_full(&received))
            ring_put(&received, byte);
    }
    if ((status & USART_SR_TXE) && (enabled & USART_CR1_TXEIE)) {
        if (ring_empty(&sent))
            USART1->CR1 &= ~USART_CR1_TXEIE;
        else
            USART1->DR = ring_get(&sent);
    }
    if ((status & USART_SR_TC) && (enabled & USART_CR1_TCIE))
        USART1->CR1 &= ~USART_CR1_TCIE; /* it has ended the sleep in hal_window_begin() */
}

static void send_queued(void)
{
    USART1->CR1 |= USART_CR1_TXEIE;
}

static bool everything_sent(void)
{
    return ring_empty(&sent) && (USART1->SR & USART_SR_TC);
}

static void wake_when_sent(void)
{
    USART1->CR1 |= USART_CR1_TCIE;
}

#include "serial.h"
