/* What every Cortex-M has: interrupt masking, sleep, SysTick and the NVIC. Arm DDI0403 (ARMv7-M architecture). */
#ifndef CORTEXM_H
#define CORTEXM_H

#include <stdint.h>

#define REGISTER(address) (*(volatile uint32_t *)(address))

/* B3.3.2, SysTick; counts core clock cycles down from RELOAD. */
#define SYST_CSR REGISTER(0xE000E010)
#define SYST_RVR REGISTER(0xE000E014)
#define SYST_CVR REGISTER(0xE000E018)
#define SYST_CSR_ENABLE 1u
#define SYST_CSR_TICKINT 2u
#define SYST_CSR_CLKSOURCE_CORE 4u

/* B3.4.4, NVIC_ISER0 and following: one bit per interrupt. */
#define NVIC_ISER(n) REGISTER(0xE000E100 + 4 * (n))

/* B3.2.20: access to the FPU, on cores and in builds that have one. */
static inline void enable_fpu(void)
{
#ifdef __ARM_FP
    REGISTER(0xE000ED88) |= 0xFu << 20;
    __asm__ volatile("dsb\n\tisb" ::: "memory");
#endif
}

static inline void interrupts_off(void)
{
    __asm__ volatile("cpsid i" ::: "memory");
}

static inline void interrupts_on(void)
{
    __asm__ volatile("cpsie i" ::: "memory");
}

/* Called with interrupts off, as is the check that there is nothing to do: an interrupt that comes in between is
 * pending and ends the WFI at once; it is served while they are on for a moment. */
static inline void sleep_until_interrupt(void)
{
    __asm__ volatile("wfi\n\tcpsie i\n\tisb\n\tcpsid i" ::: "memory");
}

static inline void enable_interrupt(unsigned number)
{
    NVIC_ISER(number / 32) = 1u << number % 32;
}

#include "what_if.h"

#endif
