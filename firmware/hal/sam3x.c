/* SAM3X: clock tree, UART on PA8 and PA9, the benchmark pin. */
#include "sam3x.h"

#include "cortexm.h"
#include "hal.h"
#include "ring.h"
#include "timer.h"

#define CRYSTAL_MHZ 12
#define PLLA_MHZ (2 * CLOCK_MHZ) /* 96 to 192 MHz; the master clock is half of it */
#define BAUD 115200

#define RX_PIN (1u << 8)
#define TX_PIN (1u << 9)

static struct ring sent, received;

static void wait_for(uint32_t flag)
{
    while (!(PMC->SR & flag)) {
    }
}

/* As the Arduino core does it: crystal, main clock, PLLA, each one ready before the next depends on it. */
static void init_clock(void)
{
    /* Four wait states are meant for 78 to 84 MHz (CMSIS header, CHIP_FREQ_FWS_3). */
    EEFC0->FMR = EEFC_FMR_FWS(WAIT_STATES_OR(4)) | IF_NO_PREFETCH(EEFC_FMR_SCOD);
    EEFC1->FMR = EEFC_FMR_FWS(WAIT_STATES_OR(4)) | IF_NO_PREFETCH(EEFC_FMR_SCOD);

    uint32_t oscillators = PMC_MOR_KEY | PMC_MOR_MOSCXTST(8u) | PMC_MOR_MOSCRCEN | PMC_MOR_MOSCXTEN;
    PMC->MOR = oscillators;
    wait_for(PMC_SR_MOSCXTS);
    PMC->MOR = oscillators | PMC_MOR_MOSCSEL;
    wait_for(PMC_SR_MOSCSELS);
    PMC->MCKR = (PMC->MCKR & ~PMC_MCKR_CSS_MASK) | PMC_MCKR_CSS_MAIN;
    wait_for(PMC_SR_MCKRDY);

    PMC->PLLAR = PMC_PLLAR_ONE | PMC_PLLAR_MULA(PLLA_MHZ / CRYSTAL_MHZ) | PMC_PLLAR_PLLACOUNT(63u) | PMC_PLLAR_DIVA(1u);
    wait_for(PMC_SR_LOCKA);
    PMC->MCKR = PMC_MCKR_PRES_CLK_2 | PMC_MCKR_CSS_MAIN; /* prescaler and source one after the other */
    wait_for(PMC_SR_MCKRDY);
    PMC->MCKR = PMC_MCKR_PRES_CLK_2 | PMC_MCKR_CSS_PLLA;
    wait_for(PMC_SR_MCKRDY);
}

static void init_pin(void)
{
    BENCHMARK_PORT->CODR = BENCHMARK_PIN;
    BENCHMARK_PORT->PER = BENCHMARK_PIN;
    BENCHMARK_PORT->OER = BENCHMARK_PIN;
}

static void init_serial(void)
{
    PMC->PCER0 = 1u << UART_ID;
    PIOA->ABSR &= ~(RX_PIN | TX_PIN); /* peripheral A */
    PIOA->PDR = RX_PIN | TX_PIN;
    UART->MR = UART_MR_PAR_NO;
    UART->BRGR = (CLOCK_MHZ * 1000000u + 8 * BAUD) / (16 * BAUD);
    UART->CR = UART_CR_RXEN | UART_CR_TXEN;
    UART->IER = UART_RXRDY;
    enable_interrupt(UART_ID);
}

void hal_init(void)
{
    WDT_MR = WDT_MR_WDDIS;
    init_clock();
    init_pin();
    init_serial();
    interrupts_on();
}

void uart_handler(void);
void uart_handler(void)
{
    uint32_t status = UART->SR;
    uint32_t enabled = UART->IMR;
    if (status & UART_RXRDY) {
        uint8_t byte = (uint8_t)UART->RHR;
        if (!ring_full(&received))
            ring_put(&received, byte);
    }
    if (status & UART_OVRE)
        UART->CR = UART_CR_RSTSTA;
    if (status & enabled & UART_TXRDY) {
        if (ring_empty(&sent))
            UART->IDR = UART_TXRDY;
        else
            UART->THR = ring_get(&sent);
    }
    if (status & enabled & UART_TXEMPTY)
        UART->IDR = UART_TXEMPTY; /* it has ended the sleep in hal_window_begin() */
}

static void send_queued(void)
{
    UART->IER = UART_TXRDY;
}

static bool everything_sent(void)
{
    return ring_empty(&sent) && (UART->SR & UART_TXEMPTY);
}

static void wake_when_sent(void)
{
    UART->IER = UART_TXEMPTY;
}

#include "serial.h"
