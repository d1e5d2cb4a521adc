/* Arduino Due: UART on PA8 and PA9, TC0 toggles PC21, PIOB on PB25 toggles PC23. 84 MHz from the 12 MHz crystal. */
#include "arduino_due.h"

#include "hal.h"

const char BSP_Name[] = "arduino_due";
uint32_t SystemCoreClock = 4000000;

void SystemInit(void)
{
    WDT_MR = 1u << 15; /* before it bites; the register can be written once */
    EFC0->EEFC_FMR = EFC1->EEFC_FMR = 4u << 8;
}

void SystemCoreClockUpdate(void)
{
    SystemCoreClock = (PMC->PMC_MCKR & 3) == PMC_MCKR_CSS_PLLA ? 84000000 : 4000000;
}

static HAL_StatusTypeDef wait(uint32_t flag)
{
    return HAL_WaitFlag(&PMC->PMC_SR, flag, flag, 100);
}

HAL_StatusTypeDef SystemClock_Config(void)
{
    uint32_t oscillators = CKGR_MOR_KEY | 8u << 8 | CKGR_MOR_MOSCRCEN | CKGR_MOR_MOSCXTEN;
    PMC->CKGR_MOR = oscillators;
    if (wait(PMC_SR_MOSCXTS) != HAL_OK)
        return HAL_TIMEOUT;
    PMC->CKGR_MOR = oscillators | CKGR_MOR_MOSCSEL;
    if (wait(PMC_SR_MOSCSELS) != HAL_OK)
        return HAL_TIMEOUT;
    PMC->CKGR_PLLAR = 1u << 29 | 13u << 16 | 63u << 8 | 1u; /* 12 MHz * 14, halved by the prescaler */
    if (wait(PMC_SR_LOCKA) != HAL_OK)
        return HAL_TIMEOUT;
    PMC->PMC_MCKR = PMC_MCKR_PRES_CLK_2 | 1u;
    if (wait(PMC_SR_MCKRDY) != HAL_OK)
        return HAL_TIMEOUT;
    PMC->PMC_MCKR = PMC_MCKR_PRES_CLK_2 | PMC_MCKR_CSS_PLLA;
    return wait(PMC_SR_MCKRDY);
}

HAL_StatusTypeDef BSP_Init(void)
{
    PMC->PMC_PCER0 = 1u << UART_IRQn | 1u << PIOB_IRQn | 1u << TC0_IRQn;
    PIOC->PIO_PER = PIOC->PIO_OER = 7u << 21;

    PIOA->PIO_ABSR &= ~(3u << 8);
    PIOA->PIO_PDR = 3u << 8;
    UART->UART_MR = UART_MR_PAR_NO;
    UART->UART_BRGR = (SystemCoreClock + 8 * 115200) / (16 * 115200);
    UART->UART_CR = UART_CR_RXEN | UART_CR_TXEN;
    UART->UART_IER = UART_SR_RXRDY;
    NVIC_SetPriority(UART_IRQn, 5);
    NVIC_EnableIRQ(UART_IRQn);

    PIOB->PIO_PUDR = 1u << 25;
    PIOB->PIO_AIMER = 1u << 25; /* rising edges only */
    PIOB->PIO_ESR = 1u << 25;
    PIOB->PIO_REHLSR = 1u << 25;
    (void)PIOB->PIO_ISR;
    PIOB->PIO_IER = 1u << 25;
    NVIC_SetPriority(PIOB_IRQn, 1);
    NVIC_EnableIRQ(PIOB_IRQn);

    TC0->TC_CMR = TC_CMR_WAVE | TC_CMR_WAVSEL_UP_RC | TC_CMR_TCCLKS_TIMER_CLOCK1;
    TC0->TC_RC = SystemCoreClock / 2 / 1000;
    TC0->TC_IER = TC_IER_CPCS;
    NVIC_SetPriority(TC0_IRQn, 0);
    NVIC_EnableIRQ(TC0_IRQn);
    TC0->TC_CCR = TC_CCR_CLKEN | TC_CCR_SWTRG;
    return HAL_OK;
}

static inline void toggle(uint32_t pin)
{
    if (PIOC->PIO_ODSR & pin)
        PIOC->PIO_CODR = pin;
    else
        PIOC->PIO_SODR = pin;
}

__RAM_FUNC void BSP_TogglePin(void)
{
    toggle(1u << 21);
}

void BSP_ToggleTick(void)
{
    toggle(1u << 22);
}

__RAM_FUNC void BSP_ToggleEcho(void)
{
    toggle(1u << 23);
}

__RAM_FUNC void TC0_Handler(void)
{
    if (TC0->TC_SR & TC_IER_CPCS) /* the read clears */
        HAL_TIM_PeriodElapsedCallback();
}

__RAM_FUNC void PIOB_Handler(void)
{
    if (PIOB->PIO_ISR & 1u << 25)
        HAL_GPIO_EXTI_Callback();
}

void BSP_UART_StartTransmit(void)
{
    UART->UART_IER = UART_SR_TXRDY;
}

void UART_Handler(void)
{
    uint32_t status = UART->UART_SR;
    if (status & UART_SR_RXRDY)
        HAL_UART_RxByte((uint8_t)UART->UART_RHR);
    if (status & UART->UART_IMR & UART_SR_TXRDY) {
        int byte = HAL_UART_NextTxByte();
        if (byte < 0)
            UART->UART_IDR = UART_SR_TXRDY;
        else
            UART->UART_THR = (uint32_t)byte;
    }
}
