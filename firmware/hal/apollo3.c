/* Apollo3 Blue: cache, burst mode, UART0, the benchmark pin. */
#include "apollo3.h"

#include "cortexm.h"
#include "hal.h"
#include "ring.h"
#include "timer.h"

#define UART_HZ 24000000u
#define BAUD 115200u
#define UART_DIVIDER_64THS ((UART_HZ * 4u + BAUD / 2) / BAUD) /* 24 MHz / (16 x 115200), in 64ths */

static struct ring sent, received;

static void init_cache(void)
{
    /* As the register's documentation recommends: one wait state, SE delay 5. */
    CACHECTRL_FLASHCFG = FLASHCFG_READ_WAIT | CACHECTRL_FLASHCFG_SEDELAY(5u) | CACHECTRL_FLASHCFG_LPM_RD_WAIT(8u);
    CACHECTRL_CACHECFG = CACHECTRL_CACHECFG_2WAY_128BIT_512 | CACHECTRL_CACHECFG_CACHES |
                         CACHECTRL_CACHECFG_CACHE_CLKGATE | CACHECTRL_CACHECFG_DATA_CLKGATE;
    CACHECTRL_CACHECFG |= CACHECTRL_CACHECFG_ENABLE;
}

static void init_clock(void)
{
    CLKGEN_CLKKEY = CLKGEN_CLKKEY_KEY;
    CLKGEN_CCTRL = CLKGEN_CCTRL_HFRC;
    CLKGEN_CLKKEY = 0;
#if CLOCK_MHZ == 96
    PWRCTRL_DEVPWREVENTEN |= PWRCTRL_DEVPWREVENTEN_BURST;
    MCUCTRL_FEATUREENABLE |= MCUCTRL_FEATUREENABLE_BURSTREQ;
    while (!(MCUCTRL_FEATUREENABLE & MCUCTRL_FEATUREENABLE_BURSTACK)) {
    }
    CLKGEN_FREQCTRL = CLKGEN_FREQCTRL_BURSTREQ;
    while (!(CLKGEN_FREQCTRL & CLKGEN_FREQCTRL_BURSTSTATUS)) {
    }
#endif
}

/* Between writes of the key: pads are locked otherwise. */
static void init_pad(unsigned pad, uint32_t settings, uint32_t configuration)
{
    GPIO_PADKEY = GPIO_PADKEY_KEY;
    GPIO_PADREG(pad) = (GPIO_PADREG(pad) & ~GPIO_PAD(pad, 0xFFu)) | GPIO_PAD(pad, settings);
    GPIO_CFG(pad) = (GPIO_CFG(pad) & ~GPIO_CFG_PAD(pad, 0xFu)) | GPIO_CFG_PAD(pad, configuration);
    GPIO_PADKEY = 0;
}

static void init_serial(void)
{
    init_pad(SERIAL_TX_PAD, GPIO_PAD_FNCSEL(SERIAL_FUNCTION), 0);
    init_pad(SERIAL_RX_PAD, GPIO_PAD_FNCSEL(SERIAL_FUNCTION) | GPIO_PAD_INPEN, 0);
    PWRCTRL_DEVPWREN |= PWRCTRL_DEVPWREN_UART0;
    while (!(PWRCTRL_DEVPWRSTATUS & PWRCTRL_DEVPWRSTATUS_HCPA)) {
    }
    UART0->CR = UART_CR_CLKEN | UART_CR_CLKSEL_24MHZ;
    UART0->IBRD = UART_DIVIDER_64THS / 64;
    UART0->FBRD = UART_DIVIDER_64THS % 64;
    UART0->LCRH = UART_LCRH_8BITS; /* after the divider: this write takes it over; no FIFO */
    UART0->IER = UART_INT_RX | UART_INT_TX | UART_INT_TXCMP;
    UART0->CR = UART_CR_CLKEN | UART_CR_CLKSEL_24MHZ | UART_CR_TXE | UART_CR_RXE | UART_CR_UARTEN;
    enable_interrupt(UART0_INTERRUPT);
}

void hal_init(void)
{
    enable_fpu();
    init_cache();
    init_clock();
    hal_pin_low();
    init_pad(BENCHMARK_PIN, GPIO_PAD_FNCSEL(GPIO_FUNCTION), GPIO_CFG_PUSHPULL);
    init_serial();
    interrupts_on();
}

/* The transmit interrupt tells of a byte that has left the data register, so that the first one has to be written. */
static void send_queued(void)
{
    while (!ring_empty(&sent) && !(UART0->FR & UART_FR_TXFF))
        UART0->DR = ring_get(&sent);
}

void uart0_handler(void);
void uart0_handler(void)
{
    UART0->IEC = UART0->MIS;
    while (!(UART0->FR & UART_FR_RXFE)) {
        uint8_t byte = (uint8_t)UART0->DR;
        if (!ring_full(&received))
            ring_put(&received, byte);
    }
    send_queued();
}

static bool everything_sent(void)
{
    return ring_empty(&sent) && !(UART0->FR & UART_FR_BUSY);
}

static void wake_when_sent(void)
{
}

#include "serial.h"
