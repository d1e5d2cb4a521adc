/* SAM3X registers that the firmware uses; names, addresses and bits as in the chip's CMSIS headers (Arduino SAM core,
 * CMSIS/Device/ATMEL/sam3xa), meaning from the SAM3X/SAM3A data sheet (Atmel 11057). */
#ifndef SAM3X_H
#define SAM3X_H

#include <stdint.h>

/* Power management controller */
typedef struct {
    volatile uint32_t SCER, SCDR, SCSR, reserved1, PCER0, PCDR0, PCSR0, UCKR, MOR, MCFR, PLLAR, reserved2, MCKR;
    volatile uint32_t reserved3[13], SR;
} pmc_t;
#define PMC ((pmc_t *)0x400E0600)
#define PMC_MOR_MOSCXTEN (1u << 0)  /* crystal oscillator on */
#define PMC_MOR_MOSCRCEN (1u << 3)  /* RC oscillator on */
#define PMC_MOR_MOSCXTST(eights) ((eights) << 8) /* start-up time, 8 slow clock cycles each */
#define PMC_MOR_KEY (0x37u << 16)
#define PMC_MOR_MOSCSEL (1u << 24)  /* main clock from the crystal */
#define PMC_PLLAR_DIVA(divider) (divider)
#define PMC_PLLAR_PLLACOUNT(cycles) ((cycles) << 8) /* slow clock cycles until LOCKA */
#define PMC_PLLAR_MULA(factor) (((factor)-1u) << 16)
#define PMC_PLLAR_ONE (1u << 29)
#define PMC_MCKR_CSS_MAIN (1u << 0)
#define PMC_MCKR_CSS_PLLA (2u << 0)
#define PMC_MCKR_CSS_MASK (3u << 0)
#define PMC_MCKR_PRES_CLK_2 (1u << 4)
#define PMC_SR_MOSCXTS (1u << 0)
#define PMC_SR_LOCKA (1u << 1)
#define PMC_SR_MCKRDY (1u << 3)
#define PMC_SR_MOSCSELS (1u << 16)

/* Flash controllers of both planes */
typedef struct {
    volatile uint32_t FMR, FCR, FSR, FRR;
} eefc_t;
#define EEFC0 ((eefc_t *)0x400E0A00)
#define EEFC1 ((eefc_t *)0x400E0C00)
#define EEFC_FMR_FWS(wait_states) ((wait_states) << 8)

/* Watchdog; its mode register can be written once after reset. */
#define WDT_MR (*(volatile uint32_t *)0x400E1A54)
#define WDT_MR_WDDIS (1u << 15)

/* Serial port; interrupt enables have the positions of their flags in SR. */
typedef struct {
    volatile uint32_t CR, MR, IER, IDR, IMR, SR, RHR, THR, BRGR;
} uart_t;
#define UART ((uart_t *)0x400E0800)
#define UART_ID 8 /* peripheral identifier: clock and interrupt */
#define UART_CR_RXEN (1u << 4)
#define UART_CR_TXEN (1u << 6)
#define UART_CR_RSTSTA (1u << 8)
#define UART_MR_PAR_NO (4u << 9)
#define UART_RXRDY (1u << 0)
#define UART_TXRDY (1u << 1)
#define UART_OVRE (1u << 5)
#define UART_TXEMPTY (1u << 9)

/* Ports */
typedef struct {
    volatile uint32_t PER, PDR, PSR, reserved1, OER, ODR, OSR, reserved2, IFER, IFDR, IFSR, reserved3;
    volatile uint32_t SODR, CODR, ODSR, PDSR, IER, IDR, IMR, ISR, MDER, MDDR, MDSR, reserved4;
    volatile uint32_t PUDR, PUER, PUSR, reserved5, ABSR;
} pio_t;
#define PIOA ((pio_t *)0x400E0E00)
#define PIOC ((pio_t *)0x400E1200)

/* Sequential code optimisation disable, 11057, chapter EEFC: set by builds without prefetch (what_if.h). */
#define EEFC_FMR_SCOD (1u << 16)

#endif
