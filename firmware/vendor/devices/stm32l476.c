/* Nucleo-L476RG: USART2 on PA2 and PA3, TIM6 toggles PA5, EXTI13 on PC13 toggles PA7. 80 MHz from MSI, its reset clock. */
#include "stm32l476.h"

#include "hal.h"

#define OUTPUT_PORT GPIOA
#define OUTPUT_FIRST 5u
#define INPUT_PORT GPIOC
#define INPUT_PORT_NUMBER 2u
#define INPUT_PIN 13u
#define INPUT_IRQn EXTI15_10_IRQn
#define INPUT_IRQHandler EXTI15_10_IRQHandler
#define UART USART2
#define UART_IRQn USART2_IRQn
#define UART_IRQHandler USART2_IRQHandler
#define UART_PORT GPIOA
#define UART_TX 2u
#define UART_AF 7u
#define TIMER TIM6
#define TIMER_IRQn TIM6_DAC_IRQn
#define TIMER_IRQHandler TIM6_DAC_IRQHandler
#include "stm32_v2.c"

const char BSP_Name[] = "stm32l476";
uint32_t SystemCoreClock = 4000000;

void SystemInit(void)
{
    SCB->CPACR |= 0xFu << 20;
    RCC->CIER = 0;
}

void SystemCoreClockUpdate(void)
{
    SystemCoreClock = (RCC->CFGR & RCC_CFGR_SWS) == RCC_CFGR_SWS_PLL ? 80000000 : 4000000;
}

HAL_StatusTypeDef SystemClock_Config(void)
{
    RCC->APB1ENR1 |= RCC_APB1ENR1_PWREN;
    PWR->CR1 = (PWR->CR1 & ~PWR_CR1_VOS) | PWR_CR1_VOS_RANGE1;
    if (HAL_WaitFlag(&PWR->SR2, PWR_SR2_VOSF, 0, 2) != HAL_OK ||
        HAL_WaitFlag(&RCC->CR, RCC_CR_MSIRDY, RCC_CR_MSIRDY, 2) != HAL_OK)
        return HAL_TIMEOUT;
    RCC->PLLCFGR = RCC_PLLCFGR_PLLSRC_MSI | 40u << 8 | RCC_PLLCFGR_PLLREN; /* 4 MHz * 40 / 2 */
    RCC->CR |= RCC_CR_PLLON;
    if (HAL_WaitFlag(&RCC->CR, RCC_CR_PLLRDY, RCC_CR_PLLRDY, 2) != HAL_OK)
        return HAL_TIMEOUT;
    FLASH->ACR = 4 | FLASH_ACR_PRFTEN | FLASH_ACR_ICEN | FLASH_ACR_DCEN;
    if ((FLASH->ACR & FLASH_ACR_LATENCY) != 4)
        return HAL_ERROR;
    RCC->CFGR |= RCC_CFGR_SW_PLL;
    return HAL_WaitFlag(&RCC->CFGR, RCC_CFGR_SWS, RCC_CFGR_SWS_PLL, 5000);
}

HAL_StatusTypeDef BSP_Init(void)
{
    RCC->AHB2ENR |= RCC_AHB2ENR_GPIOAEN | RCC_AHB2ENR_GPIOCEN;
    RCC->APB1ENR1 |= RCC_APB1ENR1_TIM6EN | RCC_APB1ENR1_USART2EN;
    RCC->APB2ENR |= RCC_APB2ENR_SYSCFGEN;
    (void)RCC->APB2ENR; /* two clocks until they answer: 6.2.19 */
    return init_peripherals(SystemCoreClock, SystemCoreClock);
}
