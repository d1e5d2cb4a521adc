/* The program as a vendor's project wizard would start it: HAL_Init, clocks with timeouts, peripherals by interrupt, sleep
 * in the idle loop. It answers each line with an echo and `stats` with its counters. */
#include <stdio.h>
#include <string.h>

#include "hal.h"
#include DEVICE_HEADER

static volatile uint32_t periods, edges;
static volatile uint32_t edge_cycle;
static volatile int ready;

static void Error_Handler(void)
{
    __disable_irq();
    for (;;) {
    }
}

void HAL_SYSTICK_Callback(void)
{
    if (ready)
        BSP_ToggleTick();
}

__RAM_FUNC void HAL_TIM_PeriodElapsedCallback(void)
{
    BSP_TogglePin();
    periods++;
}

__RAM_FUNC void HAL_GPIO_EXTI_Callback(void)
{
    BSP_ToggleEcho();
    edge_cycle = DWT->CYCCNT;
    edges++;
}

int main(void)
{
    static char line[64];

    if (HAL_Init() != HAL_OK || SystemClock_Config() != HAL_OK)
        Error_Handler();
    SystemCoreClockUpdate();
    if (HAL_InitTick() != HAL_OK || BSP_Init() != HAL_OK)
        Error_Handler();
    ready = 1;
    printf("Vendor program on %s at %lu Hz\r\n", BSP_Name, (unsigned long)SystemCoreClock);
    for (;;) {
        if (HAL_UART_ReadLine(line, sizeof line)) {
            if (strcmp(line, "stats") == 0)
                printf("ticks=%lu periods=%lu edges=%lu at=%lu\r\n", (unsigned long)HAL_GetTick(),
                       (unsigned long)periods, (unsigned long)edges, (unsigned long)edge_cycle);
            else
                printf("You said: %s\r\n", line);
        }
        __WFI(); /* SysTick comes every millisecond, so that a byte that arrived just before is seen then */
    }
}
