/* Ports and USARTs of the newer STM32 families (F7, L4): ST RM0385 and RM0351. */
#ifndef STM32_V2_H
#define STM32_V2_H

#include <stdint.h>

/* RM0385 6.4, RM0351 8.5 */
typedef struct {
    volatile uint32_t MODER, OTYPER, OSPEEDR, PUPDR, IDR, ODR, BSRR, LCKR, AFR[2];
} gpio_t;
#define GPIO_MODE_OUTPUT 1u
#define GPIO_MODE_ALTERNATE 2u
#define GPIO_SPEED_VERY_HIGH 3u

/* RM0385 31.8, RM0351 40.8 */
typedef struct {
    volatile uint32_t CR1, CR2, CR3, BRR, GTPR, RTOR, RQR, ISR, ICR, RDR, TDR;
} usart_t;
#define USART_CR1_UE (1u << 0)
#define USART_CR1_RE (1u << 2)
#define USART_CR1_TE (1u << 3)
#define USART_CR1_RXNEIE (1u << 5)
#define USART_CR1_TCIE (1u << 6)
#define USART_CR1_TXEIE (1u << 7)
#define USART_ISR_ORE (1u << 3)
#define USART_ISR_RXNE (1u << 5)
#define USART_ISR_TC (1u << 6)
#define USART_ISR_TXE (1u << 7)
#define USART_ISR_TEACK (1u << 21)
#define USART_ICR_ORECF (1u << 3)

#define BAUD 115200u

/* The family's part: core clock, buses, clocks of the ports and the USART that board.h names. */
void stm32_init_clocks(void);

void stm32_serial_handler(void);

#endif
