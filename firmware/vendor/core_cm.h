/* The core's registers under the names that CMSIS gives them. Arm DDI0403 (ARMv7-M): B3.2 SCB, B3.3 SysTick, B3.4 NVIC,
 * C1.6 CoreDebug, C1.8 DWT. The device header defines IRQn_Type and __NVIC_PRIO_BITS first. */
#ifndef CORE_CM_H
#define CORE_CM_H

#include <stdint.h>

#define __IM volatile const
#define __OM volatile
#define __IOM volatile

typedef struct {
    __IM uint32_t CPUID;
    __IOM uint32_t ICSR, VTOR, AIRCR, SCR, CCR;
    __IOM uint8_t SHP[12];
    __IOM uint32_t SHCSR, CFSR, HFSR, DFSR, MMFAR, BFAR, AFSR;
    uint32_t RESERVED0[18];
    __IOM uint32_t CPACR;
} SCB_Type;
#define SCB ((SCB_Type *)0xE000ED00)

typedef struct {
    __IOM uint32_t CTRL, LOAD, VAL;
    __IM uint32_t CALIB;
} SysTick_Type;
#define SysTick ((SysTick_Type *)0xE000E010)
#define SysTick_CTRL_ENABLE_Msk (1u << 0)
#define SysTick_CTRL_TICKINT_Msk (1u << 1)
#define SysTick_CTRL_CLKSOURCE_Msk (1u << 2)
#define SysTick_LOAD_RELOAD_Msk 0xFFFFFFu

typedef struct {
    __IOM uint32_t ISER[8];
    uint32_t RESERVED0[24];
    __IOM uint32_t ICER[8];
    uint32_t RESERVED1[24];
    __IOM uint32_t ISPR[8];
    uint32_t RESERVED2[24];
    __IOM uint32_t ICPR[8];
    uint32_t RESERVED3[24];
    __IOM uint32_t IABR[8];
    uint32_t RESERVED4[56];
    __IOM uint8_t IP[240];
} NVIC_Type;
#define NVIC ((NVIC_Type *)0xE000E100)

typedef struct {
    __IOM uint32_t CTRL, CYCCNT;
} DWT_Type;
#define DWT ((DWT_Type *)0xE0001000)
#define DWT_CTRL_CYCCNTENA_Msk (1u << 0)

typedef struct {
    __IOM uint32_t DHCSR, DCRSR, DCRDR, DEMCR;
} CoreDebug_Type;
#define CoreDebug ((CoreDebug_Type *)0xE000EDF0)
#define CoreDebug_DEMCR_TRCENA_Msk (1u << 24)

/* The MPU, which HAL start-up code switches off while it sets regions. */
typedef struct {
    __IM uint32_t TYPE;
    __IOM uint32_t CTRL, RNR, RBAR, RASR;
} MPU_Type;
#define MPU ((MPU_Type *)0xE000ED90)

static inline void __disable_irq(void)
{
    __asm__ volatile("cpsid i" ::: "memory");
}

static inline void __enable_irq(void)
{
    __asm__ volatile("cpsie i\n\tisb" ::: "memory");
}

static inline void __WFI(void)
{
    __asm__ volatile("wfi" ::: "memory");
}

static inline void __DSB(void)
{
    __asm__ volatile("dsb" ::: "memory");
}

static inline void __ISB(void)
{
    __asm__ volatile("isb" ::: "memory");
}

static inline void NVIC_EnableIRQ(IRQn_Type irq)
{
    NVIC->ISER[irq / 32] = 1u << irq % 32;
}

static inline void NVIC_SetPriority(int irq, uint32_t priority)
{
    uint8_t value = (uint8_t)(priority << (8 - __NVIC_PRIO_BITS));
    if (irq >= 0)
        NVIC->IP[irq] = value;
    else
        SCB->SHP[irq + 12] = value;
}

#define SysTick_IRQn (-1)

static inline int SysTick_Config(uint32_t ticks)
{
    if (ticks - 1 > SysTick_LOAD_RELOAD_Msk)
        return 1;
    SysTick->LOAD = ticks - 1;
    NVIC_SetPriority(SysTick_IRQn, (1u << __NVIC_PRIO_BITS) - 1);
    SysTick->VAL = 0;
    SysTick->CTRL = SysTick_CTRL_CLKSOURCE_Msk | SysTick_CTRL_TICKINT_Msk | SysTick_CTRL_ENABLE_Msk;
    return 0;
}

#endif
