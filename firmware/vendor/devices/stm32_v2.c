/* What the STM32F7 and STM32L4 boards have in common, included by their files: pins, UART, timer and EXTI under the names
 * that the board's header gives them. */

static HAL_StatusTypeDef init_peripherals(uint32_t uart_hz, uint32_t timer_hz)
{
    for (unsigned n = 0; n < 3; n++)
        set_field(&OUTPUT_PORT->MODER, 2, OUTPUT_FIRST + n, GPIO_OUTPUT);
    set_field(&INPUT_PORT->MODER, 2, INPUT_PIN, 0);

    for (unsigned n = 0; n < 2; n++) { /* TX and RX are neighbours */
        set_field(&UART_PORT->AFR[(UART_TX + n) / 8], 4, (UART_TX + n) % 8, UART_AF);
        set_field(&UART_PORT->MODER, 2, UART_TX + n, GPIO_ALTERNATE);
    }
    UART->BRR = (uart_hz + 115200 / 2) / 115200;
    UART->CR1 = USART_CR1_UE | USART_CR1_TE | USART_CR1_RE | USART_CR1_RXNEIE;
    if (HAL_WaitFlag(&UART->ISR, USART_ISR_TEACK, USART_ISR_TEACK, 1000) != HAL_OK)
        return HAL_TIMEOUT;
    NVIC_SetPriority(UART_IRQn, 5);
    NVIC_EnableIRQ(UART_IRQn);

    set_field(&SYSCFG->EXTICR[INPUT_PIN / 4], 4, INPUT_PIN % 4, INPUT_PORT_NUMBER);
    EXTI->RTSR1 |= 1u << INPUT_PIN;
    EXTI->IMR1 |= 1u << INPUT_PIN;
    NVIC_SetPriority(INPUT_IRQn, 1);
    NVIC_EnableIRQ(INPUT_IRQn);

    TIMER->PSC = timer_hz / 1000000 - 1;
    TIMER->ARR = 1000 - 1;
    TIMER->EGR = TIM_EGR_UG;
    TIMER->SR = 0;
    TIMER->DIER |= TIM_DIER_UIE;
    NVIC_SetPriority(TIMER_IRQn, 0);
    NVIC_EnableIRQ(TIMER_IRQn);
    TIMER->CR1 |= TIM_CR1_ARPE | TIM_CR1_CEN;
    return HAL_OK;
}

static inline void toggle(uint32_t pin)
{
    OUTPUT_PORT->BSRR = OUTPUT_PORT->ODR & pin ? pin << 16 : pin;
}

__RAM_FUNC void BSP_TogglePin(void)
{
    toggle(1u << OUTPUT_FIRST);
}

void BSP_ToggleTick(void)
{
    toggle(2u << OUTPUT_FIRST);
}

__RAM_FUNC void BSP_ToggleEcho(void)
{
    toggle(4u << OUTPUT_FIRST);
}

__RAM_FUNC void TIMER_IRQHandler(void)
{
    if (TIMER->SR & TIM_SR_UIF) {
        TIMER->SR = ~TIM_SR_UIF;
        HAL_TIM_PeriodElapsedCallback();
    }
}

__RAM_FUNC void INPUT_IRQHandler(void)
{
    if (EXTI->PR1 & 1u << INPUT_PIN) {
        EXTI->PR1 = 1u << INPUT_PIN;
        HAL_GPIO_EXTI_Callback();
    }
}

void BSP_UART_StartTransmit(void)
{
    UART->CR1 |= USART_CR1_TXEIE;
}

void UART_IRQHandler(void)
{
    if (UART->ISR & USART_ISR_RXNE)
        HAL_UART_RxByte((uint8_t)UART->RDR);
    if (UART->CR1 & USART_CR1_TXEIE && UART->ISR & USART_ISR_TXE) {
        int byte = HAL_UART_NextTxByte();
        if (byte < 0)
            UART->CR1 &= ~USART_CR1_TXEIE;
        else
            UART->TDR = (uint32_t)byte;
    }
}
