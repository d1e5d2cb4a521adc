/* STM32L476: ST RM0351 (section numbers), interrupts table 57. */
#ifndef DEVICE_H
#define DEVICE_H

#include <stdint.h>

typedef enum { EXTI15_10_IRQn = 40, USART2_IRQn = 38, TIM6_DAC_IRQn = 54 } IRQn_Type;
#define __NVIC_PRIO_BITS 4
#define DEVICE_IRQS 82
#define DEVICE_HANDLERS(X) \
    X(EXTI15_10_IRQn, EXTI15_10_IRQHandler) X(TIM6_DAC_IRQn, TIM6_DAC_IRQHandler) X(USART2_IRQn, USART2_IRQHandler)

#include "core_cm.h"
#include "stm32_v2.h"

typedef struct {
    __IOM uint32_t CR, ICSCR, CFGR, PLLCFGR, PLLSAI1CFGR, PLLSAI2CFGR, CIER, CIFR, CICR, RESERVED0, AHB1RSTR, AHB2RSTR;
    __IOM uint32_t AHB3RSTR, RESERVED1, APB1RSTR1, APB1RSTR2, APB2RSTR, RESERVED2, AHB1ENR, AHB2ENR, AHB3ENR, RESERVED3;
    __IOM uint32_t APB1ENR1, APB1ENR2, APB2ENR;
} RCC_TypeDef; /* 6.4 */
#define RCC ((RCC_TypeDef *)0x40021000)
#define RCC_CR_MSIRDY (1u << 1)
#define RCC_CR_PLLON (1u << 24)
#define RCC_CR_PLLRDY (1u << 25)
#define RCC_PLLCFGR_PLLSRC_MSI 1u
#define RCC_PLLCFGR_PLLREN (1u << 24)
#define RCC_CFGR_SW_PLL 3u
#define RCC_CFGR_SWS (3u << 2)
#define RCC_CFGR_SWS_PLL (3u << 2)
#define RCC_AHB2ENR_GPIOAEN (1u << 0)
#define RCC_AHB2ENR_GPIOCEN (1u << 2)
#define RCC_APB1ENR1_TIM6EN (1u << 4)
#define RCC_APB1ENR1_USART2EN (1u << 17)
#define RCC_APB1ENR1_PWREN (1u << 28)
#define RCC_APB2ENR_SYSCFGEN (1u << 0)

typedef struct {
    __IOM uint32_t CR1, CR2, CR3, CR4, SR1, SR2;
} PWR_TypeDef; /* 5.4 */
#define PWR ((PWR_TypeDef *)0x40007000)
#define PWR_CR1_VOS (3u << 9)
#define PWR_CR1_VOS_RANGE1 (1u << 9)
#define PWR_SR2_VOSF (1u << 10)

#define FLASH ((FLASH_TypeDef *)0x40022000)
#define FLASH_ACR_LATENCY 7u
#define FLASH_ACR_PRFTEN (1u << 8)
#define FLASH_ACR_ICEN (1u << 9)
#define FLASH_ACR_DCEN (1u << 10)

#define GPIOA ((GPIO_TypeDef *)0x48000000)
#define GPIOC ((GPIO_TypeDef *)0x48000800)
#define SYSCFG ((SYSCFG_TypeDef *)0x40010000)
#define EXTI ((EXTI_TypeDef *)0x40010400)
#define TIM6 ((TIM_TypeDef *)0x40001000)
#define USART2 ((USART_TypeDef *)0x40004400)

#endif
