/* STM32F746G-DISCO: USART6 on PC6 and PC7, TIM2 toggles PG6, EXTI0 on PA0 toggles PG8. 216 MHz from the 25 MHz crystal. */
#include "stm32f746.h"

#include "hal.h"

#define OUTPUT_PORT GPIOG
#define OUTPUT_FIRST 6u
#define INPUT_PORT GPIOA
#define INPUT_PORT_NUMBER 0u
#define INPUT_PIN 0u
#define INPUT_IRQn EXTI0_IRQn
#define INPUT_IRQHandler EXTI0_IRQHandler
#define UART USART6
#define UART_IRQn USART6_IRQn
#define UART_IRQHandler USART6_IRQHandler
#define UART_PORT GPIOC
#define UART_TX 6u
#define UART_AF 8u
#define TIMER TIM2
#define TIMER_IRQn TIM2_IRQn
#define TIMER_IRQHandler TIM2_IRQHandler
#include "stm32_v2.c"

const char BSP_Name[] = "stm32f746";
uint32_t SystemCoreClock = 16000000;

void SystemInit(void)
{
    SCB->CPACR |= 0xFu << 20;
    RCC->CIR = 0;
}

void SystemCoreClockUpdate(void)
{
    SystemCoreClock = (RCC->CFGR & RCC_CFGR_SWS) == RCC_CFGR_SWS_PLL ? 216000000 : 16000000;
}

/* As CubeMX writes it: crystal, PLL, over-drive, wait states, prescalers, switch. The MPU is off while it starts. */
HAL_StatusTypeDef SystemClock_Config(void)
{
    MPU->CTRL = 0;
    SCB_ICIALLU = 0;
    __DSB();
    SCB->CCR |= SCB_CCR_IC_Msk;
    __DSB();
    __ISB();
    RCC->APB1ENR |= RCC_APB1ENR_PWREN;
    RCC->CR |= RCC_CR_HSEON;
    if (HAL_WaitFlag(&RCC->CR, RCC_CR_HSERDY, RCC_CR_HSERDY, 100) != HAL_OK)
        return HAL_TIMEOUT;
    RCC->PLLCFGR = RCC_PLLCFGR_PLLSRC_HSE | 25u | 432u << 6 | 0u << 16 | 9u << 24; /* 25 MHz / 25 * 432 / 2 */
    RCC->CR |= RCC_CR_PLLON;
    if (HAL_WaitFlag(&RCC->CR, RCC_CR_PLLRDY, RCC_CR_PLLRDY, 2) != HAL_OK)
        return HAL_TIMEOUT;
    PWR->CR1 |= PWR_CR1_ODEN;
    if (HAL_WaitFlag(&PWR->CSR1, PWR_CSR1_ODRDY, PWR_CSR1_ODRDY, 1000) != HAL_OK)
        return HAL_TIMEOUT;
    PWR->CR1 |= PWR_CR1_ODSWEN;
    if (HAL_WaitFlag(&PWR->CSR1, PWR_CSR1_ODSWRDY, PWR_CSR1_ODSWRDY, 1000) != HAL_OK)
        return HAL_TIMEOUT;
    FLASH->ACR = 7 | FLASH_ACR_PRFTEN | FLASH_ACR_ARTEN;
    if ((FLASH->ACR & FLASH_ACR_LATENCY) != 7)
        return HAL_ERROR;
    RCC->CFGR = RCC_CFGR_PPRE1_DIV4 | RCC_CFGR_PPRE2_DIV2;
    RCC->CFGR |= RCC_CFGR_SW_PLL;
    return HAL_WaitFlag(&RCC->CFGR, RCC_CFGR_SWS, RCC_CFGR_SWS_PLL, 5000);
}

HAL_StatusTypeDef BSP_Init(void)
{
    RCC->AHB1ENR |= RCC_AHB1ENR_GPIOAEN | RCC_AHB1ENR_GPIOCEN | RCC_AHB1ENR_GPIOGEN;
    RCC->APB1ENR |= RCC_APB1ENR_TIM2EN;
    RCC->APB2ENR |= RCC_APB2ENR_USART6EN | RCC_APB2ENR_SYSCFGEN;
    (void)RCC->APB2ENR; /* two clocks until they answer: 5.2.11 */
    return init_peripherals(SystemCoreClock / 2, SystemCoreClock / 4 * 2); /* a divided bus's timers run twice as fast */
}
