/* nRF52840 registers that the firmware uses, from Nordic's nRF52840 Product Specification v1.7 (chapters named). */
#ifndef NRF52_H
#define NRF52_H

#include <stdint.h>

/* CLOCK: TASKS_HFCLKSTART at 0x000, EVENTS_HFCLKSTARTED at 0x100 */
typedef struct {
    volatile uint32_t TASKS_HFCLKSTART, RESERVED[63], EVENTS_HFCLKSTARTED;
} clock_regs_t;
#define CLOCK ((clock_regs_t *)0x40000000)

/* NVMC: ICACHECNF */
#define NVMC_ICACHECNF (*(volatile uint32_t *)0x4001E540)
#define NVMC_ICACHECNF_CACHEEN (1u << 0)

/* GPIO: the registers of a port begin at 0x504, PIN_CNF at 0x700 */
typedef struct {
    volatile uint32_t OUT, OUTSET, OUTCLR, IN, DIR, DIRSET, DIRCLR, LATCH, DETECTMODE, RESERVED[118], PIN_CNF[32];
} gpio_t;
#define P0 ((gpio_t *)0x50000504)
#define P1 ((gpio_t *)0x50000804)
#define PIN_CNF_OUTPUT 3u /* DIR output, input buffer disconnected */
#define PIN_CNF_INPUT 0u

/* UART: the one without DMA */
typedef struct {
    volatile uint32_t TASKS_STARTRX, TASKS_STOPRX, TASKS_STARTTX, TASKS_STOPTX, RESERVED[3], TASKS_SUSPEND, RESERVED1[56];
    volatile uint32_t EVENTS_CTS, EVENTS_NCTS, EVENTS_RXDRDY, RESERVED2[4], EVENTS_TXDRDY, RESERVED3, EVENTS_ERROR;
    volatile uint32_t RESERVED4[7], EVENTS_RXTO, RESERVED5[46], SHORTS, RESERVED6[64], INTENSET, INTENCLR;
    volatile uint32_t RESERVED7[93], ERRORSRC, RESERVED8[31], ENABLE, RESERVED9, PSELRTS, PSELTXD, PSELCTS, PSELRXD;
    volatile uint32_t RXD, TXD, RESERVED10, BAUDRATE, RESERVED11[17], CONFIG;
} uart_t;
#define UART0 ((uart_t *)0x40002000)
#define UART0_INTERRUPT 2 /* peripheral ID: 0x40002000 / 0x1000 */
#define UART_INTEN_RXDRDY (1u << 2)
#define UART_INTEN_TXDRDY (1u << 7)
#define UART_ENABLE_ENABLED 4u
#define UART_PSEL(port, pin) ((port) << 5 | (pin))
#define UART_BAUDRATE_115200 0x01D7E000u

#endif
