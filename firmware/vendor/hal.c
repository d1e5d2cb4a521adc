#include "hal.h"
#include DEVICE_HEADER

#include "ring.h"

static volatile uint32_t uwTick;
static struct ring tx, rx;

/* A tick from the first moment on, for the timeouts; DWT's counter for measurements; vectors in RAM, where reading one
 * takes no wait states. */
HAL_StatusTypeDef HAL_Init(void)
{
    extern void (*const g_pfnVectors[])(void);
    extern uint32_t _sramvectors[], _eramvectors[];
    const uint32_t *from = (const uint32_t *)g_pfnVectors;
    for (uint32_t *to = _sramvectors; to < _eramvectors && from < (const uint32_t *)g_pfnVectors + 16 + DEVICE_IRQS;)
        *to++ = *from++;
    __DSB();
    SCB->VTOR = (uint32_t)_sramvectors;
    __DSB();
    CoreDebug->DEMCR |= CoreDebug_DEMCR_TRCENA_Msk;
    DWT->CYCCNT = 0;
    DWT->CTRL |= DWT_CTRL_CYCCNTENA_Msk;
    return HAL_InitTick();
}

HAL_StatusTypeDef HAL_InitTick(void)
{
    return SysTick_Config(SystemCoreClock / 1000) ? HAL_ERROR : HAL_OK;
}

void SysTick_Handler(void);
void SysTick_Handler(void)
{
    uwTick++;
    HAL_SYSTICK_Callback();
}

uint32_t HAL_GetTick(void)
{
    return uwTick;
}

HAL_StatusTypeDef HAL_WaitFlag(const volatile uint32_t *reg, uint32_t mask, uint32_t value, uint32_t timeout_ms)
{
    uint32_t start = HAL_GetTick();
    while ((*reg & mask) != value)
        if (HAL_GetTick() - start > timeout_ms)
            return HAL_TIMEOUT;
    return HAL_OK;
}

void HAL_UART_RxByte(uint8_t byte)
{
    if (!ring_full(&rx))
        ring_put(&rx, byte);
}

int HAL_UART_NextTxByte(void)
{
    return ring_empty(&tx) ? -1 : ring_get(&tx);
}

void HAL_UART_Write(const char *data, int size)
{
    for (int i = 0; i < size; i++) {
        __disable_irq();
        while (ring_full(&tx)) {
            __WFI();
            __enable_irq();
            __disable_irq();
        }
        ring_put(&tx, (uint8_t)data[i]);
        BSP_UART_StartTransmit();
        __enable_irq();
    }
}

int HAL_UART_ReadLine(char *line, int size)
{
    static int length;
    while (!ring_empty(&rx)) {
        char c = (char)ring_get(&rx);
        if (c == '\n' || c == '\r') {
            line[length] = 0;
            int whole = length > 0;
            length = 0;
            if (whole)
                return 1;
        } else if (length < size - 1) {
            line[length++] = c;
        }
    }
    return 0;
}
