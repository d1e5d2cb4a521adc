/* STM32F746: ST RM0385 (section numbers), interrupts table 46. */
#ifndef DEVICE_H
#define DEVICE_H

#include <stdint.h>

typedef enum { EXTI0_IRQn = 6, TIM2_IRQn = 28, USART6_IRQn = 71 } IRQn_Type;
#define __NVIC_PRIO_BITS 4
#define DEVICE_IRQS 98
#define DEVICE_HANDLERS(X) \
    X(EXTI0_IRQn, EXTI0_IRQHandler) X(TIM2_IRQn, TIM2_IRQHandler) X(USART6_IRQn, USART6_IRQHandler)

#include "core_cm.h"
#include "stm32_v2.h"

typedef struct {
    __IOM uint32_t CR, PLLCFGR, CFGR, CIR, AHB1RSTR, AHB2RSTR, AHB3RSTR, RESERVED0, APB1RSTR, APB2RSTR, RESERVED1[2];
    __IOM uint32_t AHB1ENR, AHB2ENR, AHB3ENR, RESERVED2, APB1ENR, APB2ENR;
} RCC_TypeDef; /* 5.3 */
#define RCC ((RCC_TypeDef *)0x40023800)
#define RCC_CR_HSEON (1u << 16)
#define RCC_CR_HSERDY (1u << 17)
#define RCC_CR_PLLON (1u << 24)
#define RCC_CR_PLLRDY (1u << 25)
#define RCC_PLLCFGR_PLLSRC_HSE (1u << 22)
#define RCC_CFGR_SW_PLL 2u
#define RCC_CFGR_SWS (3u << 2)
#define RCC_CFGR_SWS_PLL (2u << 2)
#define RCC_CFGR_PPRE1_DIV4 (5u << 10)
#define RCC_CFGR_PPRE2_DIV2 (4u << 13)
#define RCC_AHB1ENR_GPIOAEN (1u << 0)
#define RCC_AHB1ENR_GPIOCEN (1u << 2)
#define RCC_AHB1ENR_GPIOGEN (1u << 6)
#define RCC_APB1ENR_TIM2EN (1u << 0)
#define RCC_APB1ENR_PWREN (1u << 28)
#define RCC_APB2ENR_USART6EN (1u << 5)
#define RCC_APB2ENR_SYSCFGEN (1u << 14)

typedef struct {
    __IOM uint32_t CR1, CSR1;
} PWR_TypeDef; /* 4.4 */
#define PWR ((PWR_TypeDef *)0x40007000)
#define PWR_CR1_ODEN (1u << 16)
#define PWR_CR1_ODSWEN (1u << 17)
#define PWR_CSR1_ODRDY (1u << 16)
#define PWR_CSR1_ODSWRDY (1u << 17)

#define FLASH ((FLASH_TypeDef *)0x40023C00)
#define FLASH_ACR_LATENCY 15u
#define FLASH_ACR_PRFTEN (1u << 8)
#define FLASH_ACR_ARTEN (1u << 9)

#define GPIOA ((GPIO_TypeDef *)0x40020000)
#define GPIOC ((GPIO_TypeDef *)0x40020800)
#define GPIOG ((GPIO_TypeDef *)0x40021800)
#define SYSCFG ((SYSCFG_TypeDef *)0x40013800)
#define EXTI ((EXTI_TypeDef *)0x40013C00)
#define TIM2 ((TIM_TypeDef *)0x40000000)
#define USART6 ((USART_TypeDef *)0x40011400)

/* DDI0489 3.3, 4.3: the instruction cache */
#define SCB_CCR_IC_Msk (1u << 17)
#define SCB_ICIALLU (*(__OM uint32_t *)0xE000EF50)

#endif
