/* SparkFun Edge: UART0 with its FIFOs on pads 48 and 49, CTIMER A0 toggles pad 44, pad 14's edges toggle pad 38. 96 MHz in
 * burst mode. */
#include "sparkfun_edge.h"

#include "hal.h"

const char BSP_Name[] = "sparkfun_edge";
uint32_t SystemCoreClock = 24000000;

void SystemInit(void)
{
    SCB->CPACR |= 0xFu << 20;
    CACHECTRL_CACHECFG = 5u << 4 | 3u << 8; /* 2-way, instructions and data */
    CACHECTRL_CACHECFG |= 1u;
}

void SystemCoreClockUpdate(void)
{
    SystemCoreClock = CLKGEN->FREQCTRL & CLKGEN_FREQCTRL_BURSTSTATUS_Msk ? 96000000 : CLKGEN->CCTRL ? 24000000 : 48000000;
}

HAL_StatusTypeDef SystemClock_Config(void)
{
    CLKGEN->CLKKEY = CLKGEN_CLKKEY_CLKKEY_Key;
    CLKGEN->CCTRL = 0;
    CLKGEN->CLKKEY = 0;
    MCUCTRL_FEATUREENABLE |= MCUCTRL_BURSTREQ_Msk;
    if (HAL_WaitFlag(&MCUCTRL_FEATUREENABLE, MCUCTRL_BURSTACK_Msk, MCUCTRL_BURSTACK_Msk, 1) != HAL_OK)
        return HAL_TIMEOUT;
    CLKGEN->FREQCTRL = CLKGEN_FREQCTRL_BURSTREQ_Msk;
    return HAL_WaitFlag(&CLKGEN->FREQCTRL, CLKGEN_FREQCTRL_BURSTSTATUS_Msk, CLKGEN_FREQCTRL_BURSTSTATUS_Msk, 1);
}

static void pad(unsigned n, uint32_t settings, uint32_t configuration)
{
    GPIO->PADKEY = 0x73;
    GPIO->PADREG[n / 4] = (GPIO->PADREG[n / 4] & ~(0xFFu << n % 4 * 8)) | settings << n % 4 * 8;
    GPIO->CFG[n / 8] = (GPIO->CFG[n / 8] & ~(0xFu << n % 8 * 4)) | configuration << n % 8 * 4;
    GPIO->PADKEY = 0;
}

HAL_StatusTypeDef BSP_Init(void)
{
    pad(44, 3u << 3, 1u << 1);
    pad(37, 3u << 3, 1u << 1);
    pad(38, 3u << 3, 1u << 1);

    pad(48, 0, 0);
    pad(49, 1u << 1, 0);
    PWRCTRL->DEVPWREN |= PWRCTRL_DEVPWREN_PWRUART0_Msk;
    if (HAL_WaitFlag(&PWRCTRL->DEVPWRSTATUS, PWRCTRL_DEVPWRSTATUS_HCPA_Msk, PWRCTRL_DEVPWRSTATUS_HCPA_Msk, 10) != HAL_OK)
        return HAL_TIMEOUT;
    UART0->CR = 1u << 3 | 1u << 4; /* clocked with 24 MHz */
    UART0->IBRD = 13;              /* 24 MHz / 16 / 115200 = 13 + 1/64 */
    UART0->FBRD = 1;
    UART0->LCRH = 3u << 5 | UART0_LCRH_FEN_Msk;
    UART0->IFLS = 0;               /* interrupts at an eighth */
    UART0->IER = 1u << 4 | 1u << 5 | 1u << 6;
    UART0->CR |= 1u << 0 | 1u << 8 | 1u << 9;
    NVIC_SetPriority(UART0_IRQn, 5);
    NVIC_EnableIRQ(UART0_IRQn);

    pad(14, 3u << 3 | 1u << 1, 0); /* an input, rising edges */
    GPIO->INT0CLR = GPIO->INT0EN = 1u << 14;
    NVIC_SetPriority(GPIO_IRQn, 1);
    NVIC_EnableIRQ(GPIO_IRQn);

    CTIMER->CTRL0 = CTIMER_CTRL0_TMRA0CLR_Msk;
    CTIMER->CMPRA0 = 12000 - 1; /* of 12 MHz */
    CTIMER->INTEN = 1;
    NVIC_SetPriority(CTIMER_IRQn, 0);
    NVIC_EnableIRQ(CTIMER_IRQn);
    CTIMER->CTRL0 = CTIMER_CTRL0_TMRA0CLK_HFRC_DIV4 | CTIMER_CTRL0_TMRA0FN_REPEATEDCOUNT | CTIMER_CTRL0_TMRA0IE0_Msk |
                    CTIMER_CTRL0_TMRA0EN_Msk;
    return HAL_OK;
}

static inline void toggle(uint32_t pin) /* of the upper bank */
{
    if (GPIO->WTB & pin)
        GPIO->WTCB = pin;
    else
        GPIO->WTSB = pin;
}

__RAM_FUNC void BSP_TogglePin(void)
{
    toggle(1u << (44 - 32));
}

void BSP_ToggleTick(void)
{
    toggle(1u << (37 - 32));
}

__RAM_FUNC void BSP_ToggleEcho(void)
{
    toggle(1u << (38 - 32));
}

__RAM_FUNC void am_ctimer_isr(void)
{
    CTIMER->INTCLR = 1;
    HAL_TIM_PeriodElapsedCallback();
}

__RAM_FUNC void am_gpio_isr(void)
{
    GPIO->INT0CLR = 1u << 14;
    HAL_GPIO_EXTI_Callback();
}

static void fill(void)
{
    int byte;
    while (!(UART0->FR & UART0_FR_TXFF_Msk) && (byte = HAL_UART_NextTxByte()) >= 0)
        UART0->DR = (uint32_t)byte;
}

void BSP_UART_StartTransmit(void)
{
    fill();
}

void am_uart_isr(void)
{
    UART0->IEC = UART0->MIS;
    while (!(UART0->FR & UART0_FR_RXFE_Msk))
        HAL_UART_RxByte((uint8_t)UART0->DR);
    fill();
}
