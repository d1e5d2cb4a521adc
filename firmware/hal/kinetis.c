/* Kinetis K20 and K64 with a 16 MHz crystal: watchdog, clock tree, UART0 on PTB16 and PTB17, the benchmark pin. */
#include "kinetis.h"

#include "cortexm.h"
#include "hal.h"
#include "ring.h"
#include "timer.h"

#define BAUD 115200
#define CRYSTAL_MHZ 16
/* The PLL takes 2 to 4 MHz and multiplies by 24 to 55. */
#define PLL_DIVIDER (CLOCK_MHZ >= 24 * 4 ? 4u : 6u)
#define PLL_FACTOR (CLOCK_MHZ * PLL_DIVIDER / CRYSTAL_MHZ)
/* Teensyduino's ratios: bus up to 60 MHz, flash up to 28 MHz. */
#define BUS_DIVIDER ((CLOCK_MHZ + 59u) / 60u)
#define FLASH_DIVIDER ((CLOCK_MHZ + 27u) / 28u)

#define RX_PIN 16
#define TX_PIN 17
#define UART_FUNCTION 3u
#define GPIO_FUNCTION 1u

static struct ring sent, received;

/* The flash configuration field, read by the chip at reset: no protection, not secured, full-speed start. */
__attribute__((section(".flash_config"), used)) static const uint8_t flash_config[16] = {
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE, 0xFF, 0xFF, 0xFF,
};

/* First thing after reset, before memory is there: the first word is due within 256 bus cycles, the second 20 later,
 * and the bus cycle after that must pass before the change. */
void kinetis_unlock_watchdog(void)
{
    WDOG_UNLOCK = 0xC520;
    WDOG_UNLOCK = 0xD928;
    __asm__ volatile("nop\n\tnop");
    WDOG_STCTRLH = WDOG_STCTRLH_ALLOWUPDATE; /* and not enabled */
}

static void wait_for(uint8_t mask, uint8_t value)
{
    while ((MCG->S & mask) != value) {
    }
}

/* From the internal reference (FEI) over the crystal (FBE) to the PLL (PBE, PEE), as in the manuals' chapter 'MCG mode
 * switching' and in Teensyduino. */
static void init_clock(void)
{
    OSC_CR = OSC_CR_SC8P | OSC_CR_SC2P | OSC_CR_ERCLKEN;
    MCG->C2 = MCG_C2_RANGE(2u) | MCG_C2_EREFS;
    MCG->C1 = MCG_C1_CLKS(2u) | MCG_C1_FRDIV(4u); /* 16 MHz / 512 for the FLL */
    wait_for(MCG_S_OSCINIT, MCG_S_OSCINIT);
    wait_for(MCG_S_IREFST, 0);
    wait_for(MCG_S_CLKST(3u), MCG_S_CLKST(2u));

    MCG->C5 = MCG_C5_PRDIV(PLL_DIVIDER);
    MCG->C6 = MCG_C6_PLLS | MCG_C6_VDIV(PLL_FACTOR);
    wait_for(MCG_S_PLLST, MCG_S_PLLST);
    wait_for(MCG_S_LOCK, MCG_S_LOCK);

    SIM_CLKDIV1 = SIM_CLKDIV1_OUTDIV1(1u) | SIM_CLKDIV1_OUTDIV2(BUS_DIVIDER) | SIM_CLKDIV1_OUTDIV3(BUS_DIVIDER) |
                  SIM_CLKDIV1_OUTDIV4(FLASH_DIVIDER);
    MCG->C1 = MCG_C1_CLKS(0u) | MCG_C1_FRDIV(4u);
    wait_for(MCG_S_CLKST(3u), MCG_S_CLKST(3u));
}

static void init_pin(void)
{
    BENCHMARK_PORT->PCOR = BENCHMARK_PIN;
    BENCHMARK_PORT->PDDR |= BENCHMARK_PIN;
    BENCHMARK_PCR = PORT_PCR_MUX(GPIO_FUNCTION) | PORT_PCR_DSE;
}

static void init_serial(void)
{
    const uint32_t divider = (CLOCK_MHZ * 2000000u + BAUD / 2) / BAUD; /* in 32nds of 16 core clocks */
    PORTB_PCR(RX_PIN) = PORT_PCR_MUX(UART_FUNCTION) | PORT_PCR_PE | PORT_PCR_PS;
    PORTB_PCR(TX_PIN) = PORT_PCR_MUX(UART_FUNCTION) | PORT_PCR_DSE;
    UART0->BDH = (uint8_t)(divider >> 13);
    UART0->BDL = (uint8_t)(divider >> 5);
    UART0->C4 = divider & 31u;
    UART0->C2 = UART_C2_TE | UART_C2_RE | UART_C2_RIE;
    enable_interrupt(UART0_INTERRUPT);
}

void hal_init(void)
{
    enable_fpu();
    init_clock();
    SIM_SCGC5 |= SIM_SCGC5_PORTB | SIM_SCGC5_PORTC;
    SIM_SCGC4 |= SIM_SCGC4_UART0;
    init_pin();
    init_serial();
    interrupts_on();
}

void uart0_handler(void);
void uart0_handler(void)
{
    uint8_t status = UART0->S1;
    uint8_t enabled = UART0->C2;
    if (status & (UART_S1_RDRF | UART_S1_OR)) {
        uint8_t byte = UART0->D; /* after S1: clears both flags */
        if ((status & UART_S1_RDRF) && !ring_full(&received))
            ring_put(&received, byte);
    }
    if ((status & UART_S1_TDRE) && (enabled & UART_C2_TIE)) {
        if (ring_empty(&sent))
            UART0->C2 &= (uint8_t)~UART_C2_TIE;
        else
            UART0->D = ring_get(&sent);
    }
    if ((status & UART_S1_TC) && (enabled & UART_C2_TCIE))
        UART0->C2 &= (uint8_t)~UART_C2_TCIE; /* it has ended the sleep in hal_window_begin() */
}

static void send_queued(void)
{
    UART0->C2 |= UART_C2_TIE;
}

static bool everything_sent(void)
{
    return ring_empty(&sent) && (UART0->S1 & UART_S1_TC);
}

static void wake_when_sent(void)
{
    UART0->C2 |= UART_C2_TCIE;
}

#include "serial.h"
