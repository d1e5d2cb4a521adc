/* The registers that this project uses. RM0008: 3.3.3 flash, 7.3 RCC, 9.2 GPIO, 27.6 USART. */
#ifndef STM32F103_H
#define STM32F103_H

#include <stdint.h>

typedef volatile uint32_t reg;

typedef struct {
    reg CR, CFGR, CIR, APB2RSTR, APB1RSTR, AHBENR, APB2ENR;
} rcc_regs;

typedef struct {
    reg CRL, CRH, IDR, ODR, BSRR, BRR;
} gpio_regs;

typedef struct {
    reg SR, DR, BRR, CR1;
} usart_regs;

#define RCC ((rcc_regs *)0x40021000)
#define FLASH_ACR (*(reg *)0x40022000)
#define GPIOA ((gpio_regs *)0x40010800)
#define GPIOB ((gpio_regs *)0x40010C00)
#define USART1 ((usart_regs *)0x40013800)

#endif
