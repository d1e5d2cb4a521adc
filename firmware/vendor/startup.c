/* Vector table and reset handler as in a vendor's startup file: every handler is weak, main() comes after SystemInit() and
 * the constructors. */
#include <stdint.h>

#include "hal.h"
#include DEVICE_HEADER

extern uint32_t _estack[], _sidata[], _sdata[], _edata[], _sbss[], _ebss[]; /* defined by the linker script */

int main(void);
void __libc_init_array(void);
void _init(void);
void Reset_Handler(void);
void Default_Handler(void);

void _init(void)
{
}

void Default_Handler(void)
{
    for (;;) {
    }
}

void Reset_Handler(void)
{
    SystemInit();
    const uint32_t *from = _sidata;
    for (uint32_t *to = _sdata; to < _edata;)
        *to++ = *from++;
    for (uint32_t *to = _sbss; to < _ebss;)
        *to++ = 0;
    __libc_init_array();
    main();
    Default_Handler();
}

#define WEAK(handler) void handler(void) __attribute__((weak, alias("Default_Handler")))
WEAK(NMI_Handler);
WEAK(HardFault_Handler);
WEAK(MemManage_Handler);
WEAK(BusFault_Handler);
WEAK(UsageFault_Handler);
WEAK(SVC_Handler);
WEAK(DebugMon_Handler);
WEAK(PendSV_Handler);
void SysTick_Handler(void);

#define DECLARE(irq, handler) void handler(void);
#define VECTOR(irq, handler) [16 + (irq)] = handler,
DEVICE_HANDLERS(DECLARE)

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
__attribute__((section(".vectors"), used)) void (*const g_pfnVectors[16 + DEVICE_IRQS])(void) = {
    [0] = (void (*)(void))_estack,
    [1 ... 15 + DEVICE_IRQS] = Default_Handler,
    [1] = Reset_Handler,
    [2] = NMI_Handler,
    [3] = HardFault_Handler,
    [4] = MemManage_Handler,
    [5] = BusFault_Handler,
    [6] = UsageFault_Handler,
    [11] = SVC_Handler,
    [12] = DebugMon_Handler,
    [14] = PendSV_Handler,
    [15] = SysTick_Handler,
    DEVICE_HANDLERS(VECTOR)
};
#pragma GCC diagnostic pop
