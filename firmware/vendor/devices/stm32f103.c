/* STM32F103C8 "Blue Pill": USART1 on PA9 and PA10, TIM2 toggles PB12, EXTI0 on PA0 toggles PB14. */
#include "stm32f103.h"

#include "hal.h"

const char BSP_Name[] = "stm32f103";
uint32_t SystemCoreClock = 8000000;

void SystemInit(void)
{
    RCC->CIR = 0;
}

void SystemCoreClockUpdate(void)
{
    SystemCoreClock = (RCC->CFGR & RCC_CFGR_SWS) == RCC_CFGR_SWS_PLL ? 72000000 : 8000000;
}

HAL_StatusTypeDef SystemClock_Config(void)
{
    RCC->CR |= RCC_CR_HSEON;
    if (HAL_WaitFlag(&RCC->CR, RCC_CR_HSERDY, RCC_CR_HSERDY, 100) != HAL_OK)
        return HAL_TIMEOUT;
    RCC->CFGR = RCC_CFGR_PLLSRC | RCC_CFGR_PLLMULL9 | RCC_CFGR_PPRE1_DIV2;
    RCC->CR |= RCC_CR_PLLON;
    if (HAL_WaitFlag(&RCC->CR, RCC_CR_PLLRDY, RCC_CR_PLLRDY, 2) != HAL_OK)
        return HAL_TIMEOUT;
    FLASH->ACR = FLASH_ACR_PRFTBE | FLASH_ACR_LATENCY_2;
    if ((FLASH->ACR & FLASH_ACR_LATENCY) != FLASH_ACR_LATENCY_2)
        return HAL_ERROR;
    RCC->CFGR |= RCC_CFGR_SW_PLL;
    return HAL_WaitFlag(&RCC->CFGR, RCC_CFGR_SWS, RCC_CFGR_SWS_PLL, 5000);
}

HAL_StatusTypeDef BSP_Init(void)
{
    RCC->APB2ENR |= RCC_APB2ENR_AFIOEN | RCC_APB2ENR_IOPAEN | RCC_APB2ENR_IOPBEN | RCC_APB2ENR_USART1EN;
    RCC->APB1ENR |= RCC_APB1ENR_TIM2EN;
    GPIOA->CRH = (GPIOA->CRH & ~0xFF0u) | 0x4B0u; /* PA9 alternate push-pull, PA10 floating input */
    GPIOA->CRL = (GPIOA->CRL & ~0xFu) | 0x8u;     /* PA0 input, pulled down */
    GPIOA->BSRR = 1u << 16;
    GPIOB->CRH = (GPIOB->CRH & ~0xFFF0000u) | 0x3330000u; /* PB12 to PB14 outputs */

    USART1->BRR = (SystemCoreClock + 115200 / 2) / 115200;
    USART1->CR1 = USART_CR1_UE | USART_CR1_TE | USART_CR1_RE | USART_CR1_RXNEIE;
    NVIC_SetPriority(USART1_IRQn, 5);
    NVIC_EnableIRQ(USART1_IRQn);

    AFIO->EXTICR[0] &= ~0xFu; /* line 0 is PA0 */
    EXTI->RTSR |= 1u << 0;
    EXTI->IMR |= 1u << 0;
    NVIC_SetPriority(EXTI0_IRQn, 1);
    NVIC_EnableIRQ(EXTI0_IRQn);

    TIM2->PSC = SystemCoreClock / 1000000 - 1; /* APB1 is halved, its timers' clock doubled again */
    TIM2->ARR = 1000 - 1;
    TIM2->EGR = TIM_EGR_UG;
    TIM2->SR = 0;
    TIM2->DIER |= TIM_DIER_UIE;
    NVIC_SetPriority(TIM2_IRQn, 0);
    NVIC_EnableIRQ(TIM2_IRQn);
    TIM2->CR1 |= TIM_CR1_ARPE | TIM_CR1_CEN;
    return HAL_OK;
}

static inline void toggle(uint32_t pin)
{
    GPIOB->BSRR = GPIOB->ODR & pin ? pin << 16 : pin;
}

__RAM_FUNC void BSP_TogglePin(void)
{
    toggle(1u << 12);
}

void BSP_ToggleTick(void)
{
    toggle(1u << 13);
}

__RAM_FUNC void BSP_ToggleEcho(void)
{
    toggle(1u << 14);
}

__RAM_FUNC void TIM2_IRQHandler(void)
{
    if (TIM2->SR & TIM_SR_UIF) {
        TIM2->SR = ~TIM_SR_UIF;
        HAL_TIM_PeriodElapsedCallback();
    }
}

__RAM_FUNC void EXTI0_IRQHandler(void)
{
    EXTI->PR = 1u << 0;
    HAL_GPIO_EXTI_Callback();
}

void BSP_UART_StartTransmit(void)
{
    USART1->CR1 |= USART_CR1_TXEIE;
}

void USART1_IRQHandler(void)
{
    if (USART1->SR & USART_SR_RXNE)
        HAL_UART_RxByte((uint8_t)USART1->DR);
    if (USART1->CR1 & USART_CR1_TXEIE && USART1->SR & USART_SR_TXE) {
        int byte = HAL_UART_NextTxByte();
        if (byte < 0)
            USART1->CR1 &= ~USART_CR1_TXEIE;
        else
            USART1->DR = (uint32_t)byte;
    }
}
