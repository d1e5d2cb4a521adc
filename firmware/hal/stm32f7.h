/* STM32F74x and F75x registers that the firmware uses, from ST RM0385. */
#ifndef STM32F7_H
#define STM32F7_H

#include "stm32_v2.h"

#define GPIOC ((gpio_t *)0x40020800)
#define GPIOG ((gpio_t *)0x40021800)
#define USART6 ((usart_t *)0x40011400)
#define USART6_INTERRUPT 71 /* RM0385, table 46 */
#define USART6_FUNCTION 8u  /* DS10916, table 12: PC6, PC7 */

/* The recorded firmware's prescalers; its overclock doubled them. RM0385 5.3.3 */
#define APB1_PRESCALER (CLOCK_MHZ > 216 ? 8u : 4u)
#define APB2_PRESCALER (CLOCK_MHZ > 216 ? 4u : 2u)

#endif
