/* Teensy 3.2 and 3.5: UART0 on PTB16 and PTB17, PIT0 toggles PTC3, PTD0's edges toggle PTC5. 72 or 120 MHz from the
 * 16 MHz crystal. */
#include "kinetis.h"

#include "hal.h"

#ifdef BOARD_teensy32
#define CORE_HZ 72000000u
#define PLL_C5 5u /* 16 MHz / 6 * 27 */
#define PLL_C6 3u
#define DIVIDERS 0x01120000u /* core / 1, bus and FlexBus / 2, flash / 3 */
#define BUS_HZ (CORE_HZ / 2)
const char BSP_Name[] = "teensy32";
#else
#define CORE_HZ 120000000u
#define PLL_C5 3u /* 16 MHz / 4 * 30 */
#define PLL_C6 6u
#define DIVIDERS 0x01140000u /* flash / 5 */
#define BUS_HZ (CORE_HZ / 2)
const char BSP_Name[] = "teensy35";
#endif

uint32_t SystemCoreClock = 32768 * 640;

/* Flash configuration field: no protection, not secured. */
__attribute__((section(".flash_config"), used)) static const uint8_t flash_config[16] = {
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE, 0xFF, 0xFF, 0xFF,
};

void SystemInit(void)
{
    WDOG->UNLOCK = 0xC520;
    WDOG->UNLOCK = 0xD928;
    __asm__ volatile("nop\n\tnop");
    WDOG->STCTRLH = 1u << 4; /* ALLOWUPDATE, not enabled */
#ifdef __ARM_FP
    SCB->CPACR |= 0xFu << 20;
#endif
}

void SystemCoreClockUpdate(void)
{
    SystemCoreClock = (MCG->S & MCG_S_CLKST_MASK) == MCG_S_CLKST_MASK ? CORE_HZ : 32768 * 640;
}

static HAL_StatusTypeDef wait(uint8_t mask, uint8_t value)
{
    uint32_t start = HAL_GetTick();
    while ((MCG->S & mask) != value)
        if (HAL_GetTick() - start > 10)
            return HAL_TIMEOUT;
    return HAL_OK;
}

/* FEI, FBE, PBE, PEE: chapter MCG, 'mode switching'. */
HAL_StatusTypeDef SystemClock_Config(void)
{
    while (SMC->PMSTAT != 1) { /* run mode */
    }
    MCG->C2 = MCG_C2_RANGE0(2u) | MCG_C2_EREFS0_MASK;
    MCG->C1 = MCG_C1_CLKS(2u) | MCG_C1_FRDIV(4u);
    if (wait(MCG_S_OSCINIT0_MASK, MCG_S_OSCINIT0_MASK) != HAL_OK || wait(MCG_S_IREFST_MASK, 0) != HAL_OK ||
        wait(MCG_S_CLKST_MASK, 2u << 2) != HAL_OK)
        return HAL_TIMEOUT;
    MCG->C5 = PLL_C5;
    MCG->C6 = MCG_C6_PLLS_MASK | PLL_C6;
    if (wait(MCG_S_PLLST_MASK, MCG_S_PLLST_MASK) != HAL_OK || wait(MCG_S_LOCK0_MASK, MCG_S_LOCK0_MASK) != HAL_OK)
        return HAL_TIMEOUT;
    SIM->CLKDIV1 = DIVIDERS;
    MCG->C1 = MCG_C1_CLKS(0u) | MCG_C1_FRDIV(4u);
    return wait(MCG_S_CLKST_MASK, 3u << 2);
}

HAL_StatusTypeDef BSP_Init(void)
{
    SIM->SCGC5 |= SIM_SCGC5_PORTB_MASK | SIM_SCGC5_PORTC_MASK | SIM_SCGC5_PORTD_MASK;
    SIM->SCGC4 |= SIM_SCGC4_UART0_MASK;
    SIM->SCGC6 |= SIM_SCGC6_PIT_MASK;
    for (unsigned pin = 3; pin <= 5; pin++)
        PORTC->PCR[pin] = PORT_PCR_MUX(1);
    GPIOC->PDDR |= 7u << 3;

    const uint32_t divider = (SystemCoreClock * 2 + 115200 / 2) / 115200; /* in 32nds of 16 core clocks */
    PORTB->PCR[16] = PORTB->PCR[17] = PORT_PCR_MUX(3);
    UART0->BDH = (uint8_t)(divider >> 13);
    UART0->BDL = (uint8_t)(divider >> 5);
    UART0->C4 = divider & 31u;
    UART0->C2 = UART_C2_TE_MASK | UART_C2_RE_MASK | UART_C2_RIE_MASK;
    NVIC_SetPriority(UART0_RX_TX_IRQn, 5);
    NVIC_EnableIRQ(UART0_RX_TX_IRQn);

    PORTD->PCR[0] = PORT_PCR_MUX(1) | PORT_PCR_IRQC_RISING;
    NVIC_SetPriority(PORTD_IRQn, 1);
    NVIC_EnableIRQ(PORTD_IRQn);

    PIT->MCR = 0;
    PIT->CHANNEL[0].LDVAL = BUS_HZ / 1000 - 1;
    NVIC_SetPriority(PIT0_IRQn, 0);
    NVIC_EnableIRQ(PIT0_IRQn);
    PIT->CHANNEL[0].TCTRL = PIT_TCTRL_TIE_MASK | PIT_TCTRL_TEN_MASK;
    return HAL_OK;
}

__RAM_FUNC void BSP_TogglePin(void)
{
    GPIOC->PTOR = 1u << 3;
}

void BSP_ToggleTick(void)
{
    GPIOC->PTOR = 1u << 4;
}

__RAM_FUNC void BSP_ToggleEcho(void)
{
    GPIOC->PTOR = 1u << 5;
}

__RAM_FUNC void PIT0_IRQHandler(void)
{
    PIT->CHANNEL[0].TFLG = PIT_TFLG_TIF_MASK;
    HAL_TIM_PeriodElapsedCallback();
}

__RAM_FUNC void PORTD_IRQHandler(void)
{
    PORTD->ISFR = 1u << 0;
    HAL_GPIO_EXTI_Callback();
}

void BSP_UART_StartTransmit(void)
{
    UART0->C2 |= UART_C2_TIE_MASK;
}

void UART0_RX_TX_IRQHandler(void)
{
    uint8_t status = UART0->S1;
    if (status & UART_S1_RDRF_MASK)
        HAL_UART_RxByte(UART0->D);
    if (status & UART_S1_TDRE_MASK && UART0->C2 & UART_C2_TIE_MASK) {
        int byte = HAL_UART_NextTxByte();
        if (byte < 0)
            UART0->C2 &= (uint8_t)~UART_C2_TIE_MASK;
        else
            UART0->D = (uint8_t)byte;
    }
}
