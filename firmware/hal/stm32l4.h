/* STM32L47x and L48x registers that the firmware uses, from ST RM0351. */
#ifndef STM32L4_H
#define STM32L4_H

#include "stm32_v2.h"

#define GPIOA ((gpio_t *)0x48000000)
#define USART2 ((usart_t *)0x40004400)
#define USART2_INTERRUPT 38 /* RM0351, table 57 */
#define USART2_FUNCTION 7u  /* DS10198, table 17: PA2, PA3 */

/* All of it, unless a build sets otherwise (what_if.h). RM0351 3.7.1 */
#define FLASH_ACR_SPEED_UP \
    (IF_PREFETCH(FLASH_ACR_PRFTEN) | IF_CODE_CACHE(FLASH_ACR_ICEN) | IF_DATA_CACHE(FLASH_ACR_DCEN))

#endif
