/* What a vendor's HAL gives a program: a millisecond tick, waits with a timeout, a serial port behind printf. */
#ifndef HAL_H
#define HAL_H

#include <stdint.h>

typedef enum { HAL_OK, HAL_ERROR, HAL_TIMEOUT } HAL_StatusTypeDef;

/* Start-up, before main(): what cannot wait (FPU, watchdog), as CMSIS wants it of each device. */
extern uint32_t SystemCoreClock;
void SystemInit(void);
void SystemCoreClockUpdate(void);

/* hal.c */
HAL_StatusTypeDef HAL_Init(void);
HAL_StatusTypeDef HAL_InitTick(void);
uint32_t HAL_GetTick(void);
HAL_StatusTypeDef HAL_WaitFlag(const volatile uint32_t *reg, uint32_t mask, uint32_t value, uint32_t timeout_ms);
void HAL_UART_RxByte(uint8_t byte);        /* called by the UART's handler */
int HAL_UART_NextTxByte(void);             /* -1 when nothing is to be sent */
void HAL_UART_Write(const char *data, int size);
int HAL_UART_ReadLine(char *line, int size); /* whether a whole line was there */

/* The program's */
void HAL_SYSTICK_Callback(void);           /* every millisecond */
void HAL_TIM_PeriodElapsedCallback(void);  /* called by the timer's handler, 1000 times a second */
void HAL_GPIO_EXTI_Callback(void);         /* called by the pin interrupt's handler */

/* The device's file */
HAL_StatusTypeDef SystemClock_Config(void);
HAL_StatusTypeDef BSP_Init(void);          /* pins, UART at 115200 baud, timer at 1 kHz, pin interrupt */
void BSP_UART_StartTransmit(void);         /* bytes wait for NextTxByte */
void BSP_TogglePin(void);
void BSP_ToggleTick(void);
void BSP_ToggleEcho(void);
extern const char BSP_Name[];

/* A handler that runs from RAM without wait states, as HALs mark such functions. */
#define __RAM_FUNC __attribute__((section(".RamFunc"), noinline, long_call))

#endif
