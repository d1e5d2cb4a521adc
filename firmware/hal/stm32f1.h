/* STM32F1 registers that the firmware uses, from ST RM0008. */
#ifndef STM32F1_H
#define STM32F1_H

#include <stdint.h>

/* RM0008 7.3, reset and clock control */
typedef struct {
    volatile uint32_t CR, CFGR, CIR, APB2RSTR, APB1RSTR, AHBENR, APB2ENR;
} rcc_t;
#define RCC ((rcc_t *)0x40021000)
#define RCC_CR_HSEON (1u << 16)
#define RCC_CR_HSERDY (1u << 17)
#define RCC_CR_PLLON (1u << 24)
#define RCC_CR_PLLRDY (1u << 25)
#define RCC_CFGR_SW_PLL (2u << 0)
#define RCC_CFGR_SWS_MASK (3u << 2)
#define RCC_CFGR_SWS_PLL (2u << 2)
#define RCC_CFGR_PPRE1_DIV2 (4u << 8)
#define RCC_CFGR_PLLSRC_HSE (1u << 16)
#define RCC_CFGR_PLLMUL(factor) (((factor)-2u) << 18) /* 2 to 16 */
#define RCC_APB2ENR_IOPAEN (1u << 2)
#define RCC_APB2ENR_IOPBEN (1u << 3)
#define RCC_APB2ENR_USART1EN (1u << 14)

/* RM0008 3.3.3 and PM0075 3.1, flash interface */
#define FLASH_ACR (*(volatile uint32_t *)0x40022000)
#define FLASH_ACR_LATENCY(wait_states) (wait_states)
#define FLASH_ACR_PRFTBE (1u << 4)

/* RM0008 9.2, ports */
typedef struct {
    volatile uint32_t CRL, CRH, IDR, ODR, BSRR, BRR, LCKR;
} gpio_t;
#define GPIOA ((gpio_t *)0x40010800)
#define GPIOB ((gpio_t *)0x40010C00)
#define GPIO_OUTPUT_50MHZ 0x3u
#define GPIO_ALTERNATE_50MHZ 0xBu
#define GPIO_INPUT_FLOATING 0x4u
#define GPIO_MODE_MASK 0xFu
#define GPIO_CRH(pin, mode) ((mode) << 4 * ((pin)-8)) /* pins 8 to 15 */

/* RM0008 27.6, USART */
typedef struct {
    volatile uint32_t SR, DR, BRR, CR1;
} usart_t;
#define USART1 ((usart_t *)0x40013800)
#define USART1_INTERRUPT 37 /* RM0008 10.1.2, table 63 */
#define USART_SR_ORE (1u << 3)
#define USART_SR_RXNE (1u << 5)
#define USART_SR_TC (1u << 6)
#define USART_SR_TXE (1u << 7)
#define USART_CR1_RE (1u << 2)
#define USART_CR1_TE (1u << 3)
#define USART_CR1_RXNEIE (1u << 5)
#define USART_CR1_TCIE (1u << 6)
#define USART_CR1_TXEIE (1u << 7)
#define USART_CR1_UE (1u << 13)

#endif
