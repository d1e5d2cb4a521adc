/* Apollo3 Blue registers that the firmware uses, from Ambiq's apollo3.h (AmbiqSuite 2.4.2) and data sheet DS-A3-0p9p1. */
#ifndef APOLLO3_H
#define APOLLO3_H

#include <stdint.h>

#define APOLLO3_REGISTER(address) (*(volatile uint32_t *)(address))

/* CLKGEN */
#define CLKGEN_CLKKEY APOLLO3_REGISTER(0x40004014)
#define CLKGEN_CLKKEY_KEY 0x47u
#define CLKGEN_CCTRL APOLLO3_REGISTER(0x40004018)
#define CLKGEN_CCTRL_HFRC 0u /* 48 MHz; 1: half of it */
#define CLKGEN_FREQCTRL APOLLO3_REGISTER(0x40004034)
#define CLKGEN_FREQCTRL_BURSTREQ (1u << 0)
#define CLKGEN_FREQCTRL_BURSTSTATUS (1u << 2)

/* MCUCTRL */
#define MCUCTRL_FEATUREENABLE APOLLO3_REGISTER(0x40020018)
#define MCUCTRL_FEATUREENABLE_BURSTREQ (1u << 4)
#define MCUCTRL_FEATUREENABLE_BURSTACK (1u << 5)

/* PWRCTRL */
#define PWRCTRL_DEVPWREN APOLLO3_REGISTER(0x40021008)
#define PWRCTRL_DEVPWREN_UART0 (1u << 7)
#define PWRCTRL_DEVPWRSTATUS APOLLO3_REGISTER(0x40021018)
#define PWRCTRL_DEVPWRSTATUS_HCPA (1u << 2)
#define PWRCTRL_DEVPWREVENTEN APOLLO3_REGISTER(0x40021028)
#define PWRCTRL_DEVPWREVENTEN_BURST (1u << 31)

/* CACHECTRL */
#define CACHECTRL_CACHECFG APOLLO3_REGISTER(0x40018000)
#define CACHECTRL_CACHECFG_ENABLE (1u << 0)
#define CACHECTRL_CACHECFG_2WAY_128BIT_512 (5u << 4)
#define CACHECTRL_CACHECFG_ICACHE (1u << 8)
#define CACHECTRL_CACHECFG_DCACHE (1u << 9)
#define CACHECTRL_CACHECFG_CACHE_CLKGATE (1u << 10)
#define CACHECTRL_CACHECFG_DATA_CLKGATE (1u << 20)
#define CACHECTRL_FLASHCFG APOLLO3_REGISTER(0x40018004)
#define CACHECTRL_FLASHCFG_RD_WAIT(n) ((n) << 0)
#define CACHECTRL_FLASHCFG_SEDELAY(n) ((n) << 4)
#define CACHECTRL_FLASHCFG_LPM_RD_WAIT(n) ((n) << 8)

/* GPIO: four pads to a PADREG, eight to a CFG, 32 to the output registers */
#define GPIO_PADREG(pad) APOLLO3_REGISTER(0x40010000 + (pad) / 4 * 4)
#define GPIO_PAD(pad, value) ((uint32_t)(value) << (pad) % 4 * 8)
#define GPIO_PAD_INPEN (1u << 1)
#define GPIO_PAD_FNCSEL(function) ((function) << 3)
#define GPIO_CFG(pad) APOLLO3_REGISTER(0x40010040 + (pad) / 8 * 4)
#define GPIO_CFG_PAD(pad, value) ((uint32_t)(value) << (pad) % 8 * 4)
#define GPIO_CFG_PUSHPULL (1u << 1)
#define GPIO_PADKEY APOLLO3_REGISTER(0x40010060)
#define GPIO_PADKEY_KEY 0x73u
#define GPIO_WTS(pad) APOLLO3_REGISTER(0x40010090 + (pad) / 32 * 4) /* set outputs */
#define GPIO_WTC(pad) APOLLO3_REGISTER(0x40010098 + (pad) / 32 * 4) /* clear outputs */
#define GPIO_BIT(pad) (1u << (pad) % 32)

/* UART, a PL011 (Arm DDI 0183) with its clock select in CR and a 'transmission complete' interrupt */
typedef struct {
    volatile uint32_t DR, RSR, RESERVED[4], FR, RESERVED1, ILPR, IBRD, FBRD, LCRH, CR, IFLS, IER, IES, MIS, IEC;
} uart_t;
#define UART0 ((uart_t *)0x4001C000)
#define UART0_INTERRUPT 15
#define UART_FR_BUSY (1u << 3)
#define UART_FR_RXFE (1u << 4)
#define UART_FR_TXFF (1u << 5)
#define UART_LCRH_8BITS (3u << 5)
#define UART_CR_UARTEN (1u << 0)
#define UART_CR_CLKEN (1u << 3)
#define UART_CR_CLKSEL_24MHZ (1u << 4)
#define UART_CR_TXE (1u << 8)
#define UART_CR_RXE (1u << 9)
#define UART_INT_TXCMP (1u << 0)
#define UART_INT_RX (1u << 4)
#define UART_INT_TX (1u << 5)

/* One wait state and both caches, unless a build sets otherwise (what_if.h). */
#define FLASHCFG_READ_WAIT CACHECTRL_FLASHCFG_RD_WAIT(WAIT_STATES_OR(1u))
#define CACHECTRL_CACHECFG_CACHES \
    (IF_CODE_CACHE(CACHECTRL_CACHECFG_ICACHE) | IF_DATA_CACHE(CACHECTRL_CACHECFG_DCACHE))

#endif
