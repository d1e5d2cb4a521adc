/* nRF52840: names as in nrf52840.h of Nordic's MDK, offsets of the Product Specification v1.7. */
#ifndef DEVICE_H
#define DEVICE_H

#include <stdint.h>

typedef enum { UARTE0_UART0_IRQn = 2, GPIOTE_IRQn = 6, TIMER1_IRQn = 9 } IRQn_Type;
#define __NVIC_PRIO_BITS 3
#define DEVICE_IRQS 48
#define DEVICE_HANDLERS(X) \
    X(UARTE0_UART0_IRQn, UARTE0_UART0_IRQHandler) X(GPIOTE_IRQn, GPIOTE_IRQHandler) X(TIMER1_IRQn, TIMER1_IRQHandler)

#include "core_cm.h"

typedef struct {
    __OM uint32_t TASKS_HFCLKSTART;
    uint32_t RESERVED[63];
    __IOM uint32_t EVENTS_HFCLKSTARTED;
} NRF_CLOCK_Type;
#define NRF_CLOCK ((NRF_CLOCK_Type *)0x40000000)
#define NRF_FICR_PART (*(__IM uint32_t *)0x10000130)
#define NRF_FICR_REVISION (*(__IM uint32_t *)0x10000134)
#define NRF_NVMC_ICACHECNF (*(__IOM uint32_t *)0x4001E540)

typedef struct {
    __IOM uint32_t OUT, OUTSET, OUTCLR, IN, DIR, DIRSET, DIRCLR, LATCH, DETECTMODE, RESERVED[118], PIN_CNF[32];
} NRF_GPIO_Type; /* from the port's base + 0x504 */
#define NRF_P0 ((NRF_GPIO_Type *)0x50000504)
#define NRF_P1 ((NRF_GPIO_Type *)0x50000804)

typedef struct {
    __OM uint32_t TASKS_OUT[8], RESERVED0[4], TASKS_SET[8], RESERVED1[4], TASKS_CLR[8], RESERVED2[32];
    __IOM uint32_t EVENTS_IN[8], RESERVED3[23], EVENTS_PORT, RESERVED4[97], INTENSET, INTENCLR, RESERVED5[129], CONFIG[8];
} NRF_GPIOTE_Type;
#define NRF_GPIOTE ((NRF_GPIOTE_Type *)0x40006000)

typedef struct {
    __OM uint32_t TASKS_START, TASKS_STOP, TASKS_COUNT, TASKS_CLEAR, TASKS_SHUTDOWN, RESERVED0[11], TASKS_CAPTURE[6];
    __IOM uint32_t RESERVED1[58], EVENTS_COMPARE[6], RESERVED2[42], SHORTS, RESERVED3[64], INTENSET, INTENCLR;
    __IOM uint32_t RESERVED4[126], MODE, BITMODE, RESERVED5, PRESCALER, RESERVED6[11], CC[6];
} NRF_TIMER_Type;
#define NRF_TIMER1 ((NRF_TIMER_Type *)0x40009000)

typedef struct {
    __OM uint32_t TASKS_STARTRX, TASKS_STOPRX, TASKS_STARTTX, TASKS_STOPTX, RESERVED0[60];
    __IOM uint32_t EVENTS_CTS, EVENTS_NCTS, EVENTS_RXDRDY, RESERVED1[4], EVENTS_TXDRDY, RESERVED2[121], INTENSET, INTENCLR;
    __IOM uint32_t RESERVED3[125], ENABLE, RESERVED4, PSELRTS, PSELTXD, PSELCTS, PSELRXD, RXD, TXD, RESERVED5, BAUDRATE;
} NRF_UART_Type;
#define NRF_UART0 ((NRF_UART_Type *)0x40002000)

_Static_assert(__builtin_offsetof(NRF_GPIOTE_Type, CONFIG) == 0x510, "GPIOTE");
_Static_assert(__builtin_offsetof(NRF_TIMER_Type, EVENTS_COMPARE) == 0x140, "TIMER events");
_Static_assert(__builtin_offsetof(NRF_TIMER_Type, CC) == 0x540, "TIMER");
_Static_assert(__builtin_offsetof(NRF_UART_Type, BAUDRATE) == 0x524, "UART");

#endif
