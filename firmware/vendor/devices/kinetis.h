/* Kinetis K20 and K64: names and layouts of the reference manuals K20P64M72SF1RM and K64P144M120SF5RM, interrupts as in
 * Teensyduino's kinetis.h. */
#ifndef DEVICE_H
#define DEVICE_H

#include <stdint.h>

#ifdef BOARD_teensy32
typedef enum { UART0_RX_TX_IRQn = 45, PIT0_IRQn = 68, PORTD_IRQn = 90 } IRQn_Type;
#define DEVICE_IRQS 95
#else
typedef enum { UART0_RX_TX_IRQn = 31, PIT0_IRQn = 48, PORTD_IRQn = 62 } IRQn_Type;
#define DEVICE_IRQS 86
#endif
#define __NVIC_PRIO_BITS 4
#define DEVICE_HANDLERS(X) \
    X(UART0_RX_TX_IRQn, UART0_RX_TX_IRQHandler) X(PIT0_IRQn, PIT0_IRQHandler) X(PORTD_IRQn, PORTD_IRQHandler)

#include "core_cm.h"

typedef struct {
    __IOM uint32_t SCGC4, SCGC5, SCGC6, SCGC7, CLKDIV1;
} SIM_Type; /* from 0x40048034 */
#define SIM ((SIM_Type *)0x40048034)
#define SIM_SCGC4_UART0_MASK (1u << 10)
#define SIM_SCGC5_PORTB_MASK (1u << 10)
#define SIM_SCGC5_PORTC_MASK (1u << 11)
#define SIM_SCGC5_PORTD_MASK (1u << 12)
#define SIM_SCGC6_PIT_MASK (1u << 23)

typedef struct {
    __IOM uint8_t C1, C2, C3, C4, C5, C6, S;
} MCG_Type;
#define MCG ((MCG_Type *)0x40064000)
#define MCG_C2_RANGE0(n) ((n) << 4)
#define MCG_C2_EREFS0_MASK (1u << 2)
#define MCG_C1_CLKS(n) ((n) << 6)
#define MCG_C1_FRDIV(n) ((n) << 3)
#define MCG_C6_PLLS_MASK (1u << 6)
#define MCG_S_OSCINIT0_MASK (1u << 1)
#define MCG_S_CLKST_MASK (3u << 2)
#define MCG_S_IREFST_MASK (1u << 4)
#define MCG_S_PLLST_MASK (1u << 5)
#define MCG_S_LOCK0_MASK (1u << 6)

typedef struct {
    __IOM uint8_t PMPROT, PMCTRL, VLLSCTRL;
    __IM uint8_t PMSTAT;
} SMC_Type;
#define SMC ((SMC_Type *)0x4007E000)

typedef struct {
    __IOM uint16_t STCTRLH, STCTRLL, TOVALH, TOVALL, WINH, WINL, REFRESH, UNLOCK;
} WDOG_Type;
#define WDOG ((WDOG_Type *)0x40052000)

typedef struct {
    __IOM uint32_t PCR[32], GPCLR, GPCHR, RESERVED0[6], ISFR;
} PORT_Type;
#define PORTB ((PORT_Type *)0x4004A000)
#define PORTC ((PORT_Type *)0x4004B000)
#define PORTD ((PORT_Type *)0x4004C000)
#define PORT_PCR_MUX(n) ((uint32_t)(n) << 8)
#define PORT_PCR_IRQC_RISING (9u << 16)

typedef struct {
    __IOM uint32_t PDOR, PSOR, PCOR, PTOR, PDIR, PDDR;
} GPIO_Type;
#define GPIOC ((GPIO_Type *)0x400FF080)

typedef struct {
    __IOM uint32_t MCR, RESERVED0[63];
    struct {
        __IOM uint32_t LDVAL, CVAL, TCTRL, TFLG;
    } CHANNEL[4];
} PIT_Type;
#define PIT ((PIT_Type *)0x40037000)
#define PIT_TCTRL_TEN_MASK (1u << 0)
#define PIT_TCTRL_TIE_MASK (1u << 1)
#define PIT_TFLG_TIF_MASK (1u << 0)

typedef struct {
    __IOM uint8_t BDH, BDL, C1, C2, S1, S2, C3, D, MA1, MA2, C4;
} UART_Type;
#define UART0 ((UART_Type *)0x4006A000)
#define UART_C2_RE_MASK (1u << 2)
#define UART_C2_TE_MASK (1u << 3)
#define UART_C2_RIE_MASK (1u << 5)
#define UART_C2_TIE_MASK (1u << 7)
#define UART_S1_RDRF_MASK (1u << 5)
#define UART_S1_TDRE_MASK (1u << 7)

#endif
