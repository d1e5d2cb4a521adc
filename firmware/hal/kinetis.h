/* Kinetis K20 and K64 registers that the firmware uses; names, addresses and bits as in Teensyduino's kinetis.h, meaning
 * from the reference manuals K20P64M72SF1RM and K64P144M120SF5RM (same chapter names in both). */
#ifndef KINETIS_H
#define KINETIS_H

#include <stdint.h>

#define KINETIS_REGISTER(type, address) (*(volatile type *)(address))

/* System integration module: clock gates and dividers */
#define SIM_SCGC4 KINETIS_REGISTER(uint32_t, 0x40048034)
#define SIM_SCGC4_UART0 (1u << 10)
#define SIM_SCGC5 KINETIS_REGISTER(uint32_t, 0x40048038)
#define SIM_SCGC5_PORTB (1u << 10)
#define SIM_SCGC5_PORTC (1u << 11)
#define SIM_CLKDIV1 KINETIS_REGISTER(uint32_t, 0x40048044)
#define SIM_CLKDIV1_OUTDIV1(divider) (((divider)-1u) << 28) /* core */
#define SIM_CLKDIV1_OUTDIV2(divider) (((divider)-1u) << 24) /* bus */
#define SIM_CLKDIV1_OUTDIV3(divider) (((divider)-1u) << 20) /* FlexBus */
#define SIM_CLKDIV1_OUTDIV4(divider) (((divider)-1u) << 16) /* flash */

/* Multipurpose clock generator and oscillator */
typedef struct {
    volatile uint8_t C1, C2, C3, C4, C5, C6, S;
} mcg_t;
#define MCG ((mcg_t *)0x40064000)
#define MCG_C1_FRDIV(n) ((n) << 3)
#define MCG_C1_CLKS(n) ((n) << 6)
#define MCG_C2_EREFS (1u << 2)
#define MCG_C2_RANGE(n) ((n) << 4)
#define MCG_C5_PRDIV(divider) ((divider)-1u)
#define MCG_C6_PLLS (1u << 6)
#define MCG_C6_VDIV(factor) ((factor)-24u)
#define MCG_S_OSCINIT (1u << 1)
#define MCG_S_CLKST(n) ((n) << 2)
#define MCG_S_IREFST (1u << 4)
#define MCG_S_PLLST (1u << 5)
#define MCG_S_LOCK (1u << 6)
#define OSC_CR KINETIS_REGISTER(uint8_t, 0x40065000)
#define OSC_CR_SC8P (1u << 1)
#define OSC_CR_SC2P (1u << 3)
#define OSC_CR_ERCLKEN (1u << 7)

/* Watchdog */
#define WDOG_STCTRLH KINETIS_REGISTER(uint16_t, 0x40052000)
#define WDOG_STCTRLH_ALLOWUPDATE (1u << 4)
#define WDOG_UNLOCK KINETIS_REGISTER(uint16_t, 0x4005200E)

/* Port control (pin functions) and GPIO */
#define PORTB_PCR(pin) KINETIS_REGISTER(uint32_t, 0x4004A000 + 4 * (pin))
#define PORTC_PCR(pin) KINETIS_REGISTER(uint32_t, 0x4004B000 + 4 * (pin))
#define PORT_PCR_PS (1u << 0)  /* pull up */
#define PORT_PCR_PE (1u << 1)  /* pull */
#define PORT_PCR_DSE (1u << 6) /* high drive strength */
#define PORT_PCR_MUX(function) ((function) << 8)
typedef struct {
    volatile uint32_t PDOR, PSOR, PCOR, PTOR, PDIR, PDDR;
} gpio_t;
#define GPIOC ((gpio_t *)0x400FF080)

/* UART0; runs at the core clock. */
typedef struct {
    volatile uint8_t BDH, BDL, C1, C2, S1, S2, C3, D, MA1, MA2, C4;
} uart_t;
#define UART0 ((uart_t *)0x4006A000)
#define UART_C2_RE (1u << 2)
#define UART_C2_TE (1u << 3)
#define UART_C2_RIE (1u << 5)
#define UART_C2_TCIE (1u << 6)
#define UART_C2_TIE (1u << 7)
#define UART_S1_OR (1u << 3)
#define UART_S1_RDRF (1u << 5)
#define UART_S1_TC (1u << 6)
#define UART_S1_TDRE (1u << 7)

void kinetis_unlock_watchdog(void);

/* Flash memory controller, bank 0: everything is on after reset. Manuals, chapter FMC. */
#include "what_if.h"
#if WITH_PREFETCH && WITH_CODE_CACHE && WITH_DATA_CACHE
#define kinetis_early_init kinetis_unlock_watchdog
#else
#define FMC_PFB0CR KINETIS_REGISTER(uint32_t, 0x4001F004)
#define FMC_PFB0CR_B0SEBE (1u << 0)
#define FMC_PFB0CR_B0IPE (1u << 1)
#define FMC_PFB0CR_B0DPE (1u << 2)
#define FMC_PFB0CR_B0ICE (1u << 3)
#define FMC_PFB0CR_B0DCE (1u << 4)
static inline void kinetis_early_init(void)
{
    kinetis_unlock_watchdog();
    FMC_PFB0CR = FMC_PFB0CR_B0SEBE | IF_PREFETCH(FMC_PFB0CR_B0IPE | FMC_PFB0CR_B0DPE) |
                 IF_CODE_CACHE(FMC_PFB0CR_B0ICE) | IF_DATA_CACHE(FMC_PFB0CR_B0DCE);
}
#endif

#endif
