/* STM32F103x8: ST RM0008 (section numbers), interrupts table 63. */
#ifndef DEVICE_H
#define DEVICE_H

#include <stdint.h>

typedef enum { EXTI0_IRQn = 6, TIM2_IRQn = 28, USART1_IRQn = 37 } IRQn_Type;
#define __NVIC_PRIO_BITS 4
#define DEVICE_IRQS 43
#define DEVICE_HANDLERS(X) \
    X(EXTI0_IRQn, EXTI0_IRQHandler) X(TIM2_IRQn, TIM2_IRQHandler) X(USART1_IRQn, USART1_IRQHandler)

#include "core_cm.h"

typedef struct {
    __IOM uint32_t CR, CFGR, CIR, APB2RSTR, APB1RSTR, AHBENR, APB2ENR, APB1ENR, BDCR, CSR;
} RCC_TypeDef; /* 7.3 */
#define RCC ((RCC_TypeDef *)0x40021000)
#define RCC_CR_HSEON (1u << 16)
#define RCC_CR_HSERDY (1u << 17)
#define RCC_CR_PLLON (1u << 24)
#define RCC_CR_PLLRDY (1u << 25)
#define RCC_CFGR_SW_PLL 2u
#define RCC_CFGR_SWS (3u << 2)
#define RCC_CFGR_SWS_PLL (2u << 2)
#define RCC_CFGR_PPRE1_DIV2 (4u << 8)
#define RCC_CFGR_PLLSRC (1u << 16)
#define RCC_CFGR_PLLMULL9 (7u << 18)
#define RCC_APB2ENR_AFIOEN (1u << 0)
#define RCC_APB2ENR_IOPAEN (1u << 2)
#define RCC_APB2ENR_IOPBEN (1u << 3)
#define RCC_APB2ENR_USART1EN (1u << 14)
#define RCC_APB1ENR_TIM2EN (1u << 0)

typedef struct {
    __IOM uint32_t ACR;
} FLASH_TypeDef; /* 3.3.3 */
#define FLASH ((FLASH_TypeDef *)0x40022000)
#define FLASH_ACR_LATENCY 7u
#define FLASH_ACR_LATENCY_2 2u
#define FLASH_ACR_PRFTBE (1u << 4)

typedef struct {
    __IOM uint32_t CRL, CRH, IDR, ODR, BSRR, BRR, LCKR;
} GPIO_TypeDef; /* 9.2 */
#define GPIOA ((GPIO_TypeDef *)0x40010800)
#define GPIOB ((GPIO_TypeDef *)0x40010C00)

typedef struct {
    __IOM uint32_t EVCR, MAPR, EXTICR[4];
} AFIO_TypeDef; /* 9.4 */
#define AFIO ((AFIO_TypeDef *)0x40010000)

typedef struct {
    __IOM uint32_t IMR, EMR, RTSR, FTSR, SWIER, PR;
} EXTI_TypeDef; /* 10.3 */
#define EXTI ((EXTI_TypeDef *)0x40010400)

typedef struct {
    __IOM uint32_t CR1, CR2, SMCR, DIER, SR, EGR, CCMR1, CCMR2, CCER, CNT, PSC, ARR;
} TIM_TypeDef; /* 15.4 */
#define TIM2 ((TIM_TypeDef *)0x40000000)
#define TIM_CR1_CEN (1u << 0)
#define TIM_CR1_ARPE (1u << 7)
#define TIM_DIER_UIE (1u << 0)
#define TIM_SR_UIF (1u << 0)
#define TIM_EGR_UG (1u << 0)

typedef struct {
    __IOM uint32_t SR, DR, BRR, CR1, CR2, CR3;
} USART_TypeDef; /* 27.6 */
#define USART1 ((USART_TypeDef *)0x40013800)
#define USART_SR_RXNE (1u << 5)
#define USART_SR_TXE (1u << 7)
#define USART_CR1_RE (1u << 2)
#define USART_CR1_TE (1u << 3)
#define USART_CR1_RXNEIE (1u << 5)
#define USART_CR1_TXEIE (1u << 7)
#define USART_CR1_UE (1u << 13)

#endif
