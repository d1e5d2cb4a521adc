/* STM32L4: clocks. */
#include "stm32l4.h"

#include "cortexm.h"

/* RM0351 6.4 */
#define RCC_CR REGISTER(0x40021000)
#define RCC_CR_HSION (1u << 8)
#define RCC_CR_HSIRDY (1u << 10)
#define RCC_CR_PLLON (1u << 24)
#define RCC_CR_PLLRDY (1u << 25)
#define RCC_CFGR REGISTER(0x40021008)
#define RCC_CFGR_SW_PLL (3u << 0)
#define RCC_CFGR_SWS_MASK (3u << 2)
#define RCC_CFGR_SWS_PLL (3u << 2)
#define RCC_PLLCFGR REGISTER(0x4002100C)
#define RCC_PLLCFGR_SOURCE_HSI (2u << 0)
#define RCC_PLLCFGR_FACTORS(m, n, r) (((m) - 1) << 4 | (n) << 8 | ((r) / 2 - 1) << 25)
#define RCC_PLLCFGR_REN (1u << 24)
#define RCC_AHB2ENR REGISTER(0x4002104C)
#define RCC_AHB2ENR_GPIOAEN (1u << 0)
#define RCC_APB1ENR1 REGISTER(0x40021058)
#define RCC_APB1ENR1_USART2EN (1u << 17)
#define RCC_APB1ENR1_PWREN (1u << 28)

/* RM0351 5.4.1, 5.4.6 */
#define PWR_CR1 REGISTER(0x40007000)
#define PWR_CR1_VOS_MASK (3u << 9)
#define PWR_CR1_VOS_RANGE_1 (1u << 9)
#define PWR_SR2 REGISTER(0x40007014)
#define PWR_SR2_VOSF (1u << 10)

/* RM0351 3.7.1 */
#define FLASH_ACR REGISTER(0x40022000)
#define FLASH_ACR_LATENCY(wait_states) (wait_states)
#define FLASH_ACR_LATENCY_MASK 7u
#define FLASH_ACR_PRFTEN (1u << 8)
#define FLASH_ACR_ICEN (1u << 9)
#define FLASH_ACR_DCEN (1u << 10)

#define HSI_MHZ 16u

void stm32_init_clocks(void)
{
    RCC_APB1ENR1 |= RCC_APB1ENR1_PWREN;
    PWR_CR1 = (PWR_CR1 & ~PWR_CR1_VOS_MASK) | PWR_CR1_VOS_RANGE_1;
    while (PWR_SR2 & PWR_SR2_VOSF) {
    }
    RCC_CR |= RCC_CR_HSION;
    while (!(RCC_CR & RCC_CR_HSIRDY)) {
    }
    RCC_PLLCFGR = RCC_PLLCFGR_SOURCE_HSI | RCC_PLLCFGR_FACTORS(1u, 2 * CLOCK_MHZ / HSI_MHZ, 2u) | RCC_PLLCFGR_REN;
    RCC_CR |= RCC_CR_PLLON;
    while (!(RCC_CR & RCC_CR_PLLRDY)) {
    }
    /* Four wait states: 64 to 80 MHz in range 1 (RM0351 3.3.3). */
    FLASH_ACR = FLASH_ACR_LATENCY(WAIT_STATES_OR(4u)) | FLASH_ACR_SPEED_UP;
    while ((FLASH_ACR & FLASH_ACR_LATENCY_MASK) != FLASH_ACR_LATENCY(WAIT_STATES_OR(4u))) {
    }
    RCC_CFGR |= RCC_CFGR_SW_PLL;
    while ((RCC_CFGR & RCC_CFGR_SWS_MASK) != RCC_CFGR_SWS_PLL) {
    }
    RCC_AHB2ENR |= RCC_AHB2ENR_GPIOAEN;
    RCC_APB1ENR1 |= RCC_APB1ENR1_USART2EN;
    (void)RCC_APB1ENR1; /* a peripheral answers two clocks after its enable: RM0351 6.2.19 */
}
