/* SAM3X8E: names, addresses and interrupts as in sam3x8e.h of Atmel's CMSIS headers; Atmel 11057. */
#ifndef DEVICE_H
#define DEVICE_H

#include <stdint.h>

typedef enum { UART_IRQn = 8, PIOB_IRQn = 12, TC0_IRQn = 27 } IRQn_Type;
#define __NVIC_PRIO_BITS 4
#define DEVICE_IRQS 45
#define DEVICE_HANDLERS(X) X(UART_IRQn, UART_Handler) X(PIOB_IRQn, PIOB_Handler) X(TC0_IRQn, TC0_Handler)

#include "core_cm.h"

typedef struct {
    __IOM uint32_t PMC_SCER, PMC_SCDR, PMC_SCSR, Reserved1, PMC_PCER0, PMC_PCDR0, PMC_PCSR0, CKGR_UCKR, CKGR_MOR, CKGR_MCFR;
    __IOM uint32_t CKGR_PLLAR, Reserved2, PMC_MCKR, Reserved3[13], PMC_SR;
} Pmc;
#define PMC ((Pmc *)0x400E0600)
#define CKGR_MOR_MOSCXTEN (1u << 0)
#define CKGR_MOR_MOSCRCEN (1u << 3)
#define CKGR_MOR_KEY (0x37u << 16)
#define CKGR_MOR_MOSCSEL (1u << 24)
#define PMC_SR_MOSCXTS (1u << 0)
#define PMC_SR_LOCKA (1u << 1)
#define PMC_SR_MCKRDY (1u << 3)
#define PMC_SR_MOSCSELS (1u << 16)
#define PMC_MCKR_CSS_PLLA 2u
#define PMC_MCKR_PRES_CLK_2 (1u << 4)

typedef struct {
    __IOM uint32_t EEFC_FMR;
} Efc;
#define EFC0 ((Efc *)0x400E0A00)
#define EFC1 ((Efc *)0x400E0C00)
#define WDT_MR (*(__IOM uint32_t *)0x400E1A54)

typedef struct {
    __IOM uint32_t PIO_PER, PIO_PDR, PIO_PSR, Reserved1, PIO_OER, PIO_ODR, PIO_OSR, Reserved2, PIO_IFER, PIO_IFDR, PIO_IFSR;
    __IOM uint32_t Reserved3, PIO_SODR, PIO_CODR, PIO_ODSR, PIO_PDSR, PIO_IER, PIO_IDR, PIO_IMR, PIO_ISR, Reserved4[4];
    __IOM uint32_t PIO_PUDR, PIO_PUER, PIO_PUSR, Reserved5, PIO_ABSR, Reserved6[15], PIO_AIMER, PIO_AIMDR, PIO_AIMMR;
    __IOM uint32_t Reserved7, PIO_ESR, PIO_LSR, PIO_ELSR, Reserved8, PIO_FELLSR, PIO_REHLSR, PIO_FRLHSR;
} Pio;
#define PIOA ((Pio *)0x400E0E00)
#define PIOB ((Pio *)0x400E1000)
#define PIOC ((Pio *)0x400E1200)

typedef struct {
    __IOM uint32_t TC_CCR, TC_CMR, TC_SMMR, Reserved1, TC_CV, TC_RA, TC_RB, TC_RC, TC_SR, TC_IER, TC_IDR, TC_IMR;
} TcChannel;
#define TC0 ((TcChannel *)0x40080000)
#define TC_CCR_CLKEN (1u << 0)
#define TC_CCR_SWTRG (1u << 2)
#define TC_CMR_TCCLKS_TIMER_CLOCK1 0u
#define TC_CMR_WAVSEL_UP_RC (2u << 13)
#define TC_CMR_WAVE (1u << 15)
#define TC_IER_CPCS (1u << 4)

typedef struct {
    __IOM uint32_t UART_CR, UART_MR, UART_IER, UART_IDR, UART_IMR, UART_SR, UART_RHR, UART_THR, UART_BRGR;
} Uart;
#define UART ((Uart *)0x400E0800)
#define UART_CR_RXEN (1u << 4)
#define UART_CR_TXEN (1u << 6)
#define UART_MR_PAR_NO (4u << 9)
#define UART_SR_RXRDY (1u << 0)
#define UART_SR_TXRDY (1u << 1)

#endif
