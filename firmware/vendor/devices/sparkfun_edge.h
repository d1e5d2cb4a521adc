/* Apollo3 Blue: names and offsets of apollo3.h (AmbiqSuite 2.4.2). */
#ifndef DEVICE_H
#define DEVICE_H

#include <stdint.h>

typedef enum { GPIO_IRQn = 13, CTIMER_IRQn = 14, UART0_IRQn = 15 } IRQn_Type;
#define __NVIC_PRIO_BITS 3
#define DEVICE_IRQS 32
#define DEVICE_HANDLERS(X) X(GPIO_IRQn, am_gpio_isr) X(CTIMER_IRQn, am_ctimer_isr) X(UART0_IRQn, am_uart_isr)

#include "core_cm.h"

typedef struct {
    __IOM uint32_t CALXT, CALRC, ACALCTR, OCTRL, CLKOUT, CLKKEY, CCTRL, STATUS, HFADJ, RESERVED[4], FREQCTRL;
} CLKGEN_Type;
#define CLKGEN ((CLKGEN_Type *)0x40004000)
#define CLKGEN_CLKKEY_CLKKEY_Key 0x47u
#define CLKGEN_FREQCTRL_BURSTREQ_Msk (1u << 0)
#define CLKGEN_FREQCTRL_BURSTSTATUS_Msk (1u << 2)

typedef struct {
    __IOM uint32_t SUPPLYSRC, SUPPLYSTATUS, DEVPWREN, MEMPWDINSLEEP, MEMPWREN, MEMPWRSTATUS, DEVPWRSTATUS;
} PWRCTRL_Type;
#define PWRCTRL ((PWRCTRL_Type *)0x40021000)
#define PWRCTRL_DEVPWREN_PWRUART0_Msk (1u << 7)
#define PWRCTRL_DEVPWRSTATUS_HCPA_Msk (1u << 2)

#define MCUCTRL_FEATUREENABLE (*(__IOM uint32_t *)0x40020018)
#define MCUCTRL_BURSTREQ_Msk (1u << 4)
#define MCUCTRL_BURSTACK_Msk (1u << 5)
#define CACHECTRL_CACHECFG (*(__IOM uint32_t *)0x40018000)

typedef struct {
    __IOM uint32_t PADREG[16], CFG[8], PADKEY, RESERVED0[7], RDA, RDB, WTA, WTB, WTSA, WTSB, WTCA, WTCB, RESERVED1[88];
    __IOM uint32_t INT0EN, INT0STAT, INT0CLR, INT0SET;
} GPIO_Type;
#define GPIO ((GPIO_Type *)0x40010000)

typedef struct {
    __IOM uint32_t TMR0, CMPRA0, CMPRB0, CTRL0, RESERVED[124], INTEN, INTSTAT, INTCLR, INTSET;
} CTIMER_Type;
#define CTIMER ((CTIMER_Type *)0x40008000)
#define CTIMER_CTRL0_TMRA0EN_Msk (1u << 0)
#define CTIMER_CTRL0_TMRA0CLK_HFRC_DIV4 (1u << 1)
#define CTIMER_CTRL0_TMRA0FN_REPEATEDCOUNT (1u << 6)
#define CTIMER_CTRL0_TMRA0IE0_Msk (1u << 9)
#define CTIMER_CTRL0_TMRA0CLR_Msk (1u << 11)

typedef struct {
    __IOM uint32_t DR, RSR, RESERVED0[4], FR, RESERVED1, ILPR, IBRD, FBRD, LCRH, CR, IFLS, IER, IES, MIS, IEC;
} UART0_Type;
#define UART0 ((UART0_Type *)0x4001C000)
#define UART0_FR_RXFE_Msk (1u << 4)
#define UART0_FR_TXFF_Msk (1u << 5)
#define UART0_LCRH_FEN_Msk (1u << 4)

_Static_assert(__builtin_offsetof(GPIO_Type, RDA) == 0x80, "GPIO levels");
_Static_assert(__builtin_offsetof(GPIO_Type, INT0EN) == 0x200, "GPIO");
_Static_assert(__builtin_offsetof(CTIMER_Type, INTEN) == 0x200, "CTIMER");

#endif
