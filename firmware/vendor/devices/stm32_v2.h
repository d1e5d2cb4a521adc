/* What the STM32F7 and STM32L4 have in common: ST RM0385 and RM0351 (sections). */
#ifndef STM32_V2_H
#define STM32_V2_H

typedef struct {
    __IOM uint32_t ACR;
} FLASH_TypeDef; /* RM0385 3.7, RM0351 3.7 */

typedef struct {
    __IOM uint32_t MODER, OTYPER, OSPEEDR, PUPDR, IDR, ODR, BSRR, LCKR, AFR[2];
} GPIO_TypeDef; /* RM0385 6.4, RM0351 8.5 */
#define GPIO_OUTPUT 1u
#define GPIO_ALTERNATE 2u

typedef struct {
    __IOM uint32_t MEMRMP, CFGR, EXTICR[4];
} SYSCFG_TypeDef; /* RM0385 7.2, RM0351 9.2 */

typedef struct {
    __IOM uint32_t IMR1, EMR1, RTSR1, FTSR1, SWIER1, PR1;
} EXTI_TypeDef; /* RM0385 11.9, RM0351 14.5 */

typedef struct {
    __IOM uint32_t CR1, CR2, SMCR, DIER, SR, EGR, CCMR1, CCMR2, CCER, CNT, PSC, ARR;
} TIM_TypeDef; /* RM0385 23.4, RM0351 27.4 */
#define TIM_CR1_CEN (1u << 0)
#define TIM_CR1_ARPE (1u << 7)
#define TIM_DIER_UIE (1u << 0)
#define TIM_SR_UIF (1u << 0)
#define TIM_EGR_UG (1u << 0)

typedef struct {
    __IOM uint32_t CR1, CR2, CR3, BRR, GTPR, RTOR, RQR, ISR, ICR, RDR, TDR;
} USART_TypeDef; /* RM0385 31.8, RM0351 40.8 */
#define USART_CR1_UE (1u << 0)
#define USART_CR1_RE (1u << 2)
#define USART_CR1_TE (1u << 3)
#define USART_CR1_RXNEIE (1u << 5)
#define USART_CR1_TXEIE (1u << 7)
#define USART_ISR_RXNE (1u << 5)
#define USART_ISR_TXE (1u << 7)
#define USART_ISR_TEACK (1u << 21)

static inline void set_field(__IOM uint32_t *reg, unsigned bits, unsigned index, uint32_t value)
{
    uint32_t mask = ((1u << bits) - 1) << bits * index;
    *reg = (*reg & ~mask) | value << bits * index;
}

#endif
