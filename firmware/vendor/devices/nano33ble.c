/* Arduino Nano 33 BLE: UART0 on P1.03 and P1.10, TIMER1 toggles P0.27, GPIOTE on P1.11 toggles P0.14. */
#include "nano33ble.h"

#include "hal.h"

#define TX 3u
#define RX 10u
#define INPUT 11u

const char BSP_Name[] = "nano33ble";
uint32_t SystemCoreClock = 64000000;

static volatile int sending;

/* As the MDK tells which errata to work around: by the revision that the chip was made with. */
static int is_revision_3(void)
{
    return NRF_FICR_PART == 0x8 && NRF_FICR_REVISION == 0x3;
}

void SystemInit(void)
{
    SCB->CPACR |= 0xFu << 20;
    if (!is_revision_3())
        for (;;) {
        }
    NRF_NVMC_ICACHECNF = 1;
}

void SystemCoreClockUpdate(void)
{
}

/* The core always runs at 64 MHz; the crystal makes them exact. */
HAL_StatusTypeDef SystemClock_Config(void)
{
    NRF_CLOCK->EVENTS_HFCLKSTARTED = 0;
    NRF_CLOCK->TASKS_HFCLKSTART = 1;
    return HAL_WaitFlag(&NRF_CLOCK->EVENTS_HFCLKSTARTED, 1, 1, 5);
}

HAL_StatusTypeDef BSP_Init(void)
{
    NRF_P0->DIRSET = 1u << 27 | 1u << 13 | 1u << 14;

    NRF_P1->OUTSET = 1u << TX;
    NRF_P1->PIN_CNF[TX] = 3;
    NRF_P1->PIN_CNF[RX] = 0;
    NRF_UART0->PSELTXD = 1u << 5 | TX;
    NRF_UART0->PSELRXD = 1u << 5 | RX;
    NRF_UART0->BAUDRATE = 0x01D7E000; /* 115200 */
    NRF_UART0->INTENSET = 1u << 2 | 1u << 7;
    NRF_UART0->ENABLE = 4;
    NRF_UART0->TASKS_STARTRX = 1;
    NRF_UART0->TASKS_STARTTX = 1;
    NVIC_SetPriority(UARTE0_UART0_IRQn, 5);
    NVIC_EnableIRQ(UARTE0_UART0_IRQn);

    NRF_P1->PIN_CNF[INPUT] = 0;
    NRF_GPIOTE->CONFIG[0] = 1u | INPUT << 8 | 1u << 13 | 1u << 16; /* event, P1.11, low to high */
    NRF_GPIOTE->INTENSET = 1u << 0;
    NVIC_SetPriority(GPIOTE_IRQn, 1);
    NVIC_EnableIRQ(GPIOTE_IRQn);

    NRF_TIMER1->PRESCALER = 4; /* 1 MHz */
    NRF_TIMER1->BITMODE = 3;
    NRF_TIMER1->CC[0] = 1000;
    NRF_TIMER1->SHORTS = 1u << 0; /* COMPARE[0] clears */
    NRF_TIMER1->INTENSET = 1u << 16;
    NVIC_SetPriority(TIMER1_IRQn, 0);
    NVIC_EnableIRQ(TIMER1_IRQn);
    NRF_TIMER1->TASKS_START = 1;
    return HAL_OK;
}

static inline void toggle(uint32_t pin)
{
    if (NRF_P0->OUT & pin)
        NRF_P0->OUTCLR = pin;
    else
        NRF_P0->OUTSET = pin;
}

__RAM_FUNC void BSP_TogglePin(void)
{
    toggle(1u << 27);
}

void BSP_ToggleTick(void)
{
    toggle(1u << 13);
}

__RAM_FUNC void BSP_ToggleEcho(void)
{
    toggle(1u << 14);
}

__RAM_FUNC void TIMER1_IRQHandler(void)
{
    NRF_TIMER1->EVENTS_COMPARE[0] = 0;
    (void)NRF_TIMER1->EVENTS_COMPARE[0]; /* clear before the handler ends */
    HAL_TIM_PeriodElapsedCallback();
}

__RAM_FUNC void GPIOTE_IRQHandler(void)
{
    NRF_GPIOTE->EVENTS_IN[0] = 0;
    (void)NRF_GPIOTE->EVENTS_IN[0];
    HAL_GPIO_EXTI_Callback();
}

static void send_next(void)
{
    int byte = HAL_UART_NextTxByte();
    sending = byte >= 0;
    if (sending)
        NRF_UART0->TXD = (uint32_t)byte;
}

void BSP_UART_StartTransmit(void)
{
    if (!sending)
        send_next();
}

void UARTE0_UART0_IRQHandler(void)
{
    if (NRF_UART0->EVENTS_RXDRDY) {
        NRF_UART0->EVENTS_RXDRDY = 0;
        HAL_UART_RxByte((uint8_t)NRF_UART0->RXD);
    }
    if (NRF_UART0->EVENTS_TXDRDY) {
        NRF_UART0->EVENTS_TXDRDY = 0;
        send_next();
    }
}
