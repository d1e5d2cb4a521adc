/* nRF52840: crystal, instruction cache, UART0, the benchmark pin. */
#include "nrf52.h"

#include "cortexm.h"
#include "hal.h"
#include "ring.h"
#include "timer.h"

static struct ring sent, received;
static volatile bool sending;

static void init_clock(void)
{
    /* The core runs at 64 MHz in any case; the crystal makes it accurate enough for the scope and the serial port. */
    CLOCK->EVENTS_HFCLKSTARTED = 0;
    CLOCK->TASKS_HFCLKSTART = 1;
    while (!CLOCK->EVENTS_HFCLKSTARTED) {
    }
    NVMC_ICACHECNF = IF_CODE_CACHE(NVMC_ICACHECNF_CACHEEN);
}

static void init_serial(void)
{
    SERIAL_TX_PORT->OUTSET = 1u << SERIAL_TX_PIN; /* idle level until the UART drives it */
    SERIAL_TX_PORT->PIN_CNF[SERIAL_TX_PIN] = PIN_CNF_OUTPUT;
    SERIAL_RX_PORT->PIN_CNF[SERIAL_RX_PIN] = PIN_CNF_INPUT;
    UART0->PSELTXD = UART_PSEL(SERIAL_TX_PORT == P1, SERIAL_TX_PIN);
    UART0->PSELRXD = UART_PSEL(SERIAL_RX_PORT == P1, SERIAL_RX_PIN);
    UART0->BAUDRATE = UART_BAUDRATE_115200;
    UART0->INTENSET = UART_INTEN_RXDRDY | UART_INTEN_TXDRDY;
    UART0->ENABLE = UART_ENABLE_ENABLED;
    UART0->TASKS_STARTRX = 1;
    UART0->TASKS_STARTTX = 1;
    enable_interrupt(UART0_INTERRUPT);
}

void hal_init(void)
{
    enable_fpu();
    init_clock();
    BENCHMARK_PORT->PIN_CNF[BENCHMARK_PIN] = PIN_CNF_OUTPUT;
    init_serial();
    interrupts_on();
}

/* Clears an event; the read makes sure that it is clear before the handler ends. */
static void clear(volatile uint32_t *event)
{
    *event = 0;
    (void)*event;
}

static void send_next(void)
{
    sending = !ring_empty(&sent);
    if (sending)
        UART0->TXD = ring_get(&sent);
}

void uart0_handler(void);
void uart0_handler(void)
{
    if (UART0->EVENTS_RXDRDY) {
        clear(&UART0->EVENTS_RXDRDY); /* before RXD is read, which may bring the next byte and event */
        uint8_t byte = (uint8_t)UART0->RXD;
        if (!ring_full(&received))
            ring_put(&received, byte);
    }
    if (UART0->EVENTS_TXDRDY) {
        clear(&UART0->EVENTS_TXDRDY);
        send_next();
    }
}

static void send_queued(void)
{
    if (!sending)
        send_next();
}

static bool everything_sent(void)
{
    return !sending;
}

static void wake_when_sent(void)
{
}

#include "serial.h"
