/* What runs before main: vectors, memory, and the clock, 72 MHz from the board's 8 MHz crystal. */
#include "stm32f103.h"

extern uint32_t stack_top, data_start, data_end, data_load, bss_start, bss_end;

int main(void);
void reset(void);

static void stop(void)
{
    for (;;) {
    }
}

__attribute__((section(".vectors"), used)) static const void *const vectors[] = {
    &stack_top, (void *)reset, (void *)stop, (void *)stop, (void *)stop, (void *)stop, (void *)stop,
};

static void start_clock(void)
{
    FLASH_ACR = 1u << 4 | 2; /* prefetch, two wait states */
    RCC->CR |= 1u << 16;     /* HSE */
    while (!(RCC->CR & 1u << 17)) {
    }
    RCC->CFGR = 7u << 18 | 1u << 16 | 4u << 8; /* PLL: HSE x 9; APB1: 36 MHz */
    RCC->CR |= 1u << 24;
    while (!(RCC->CR & 1u << 25)) {
    }
    RCC->CFGR |= 2;
    while ((RCC->CFGR >> 2 & 3) != 2) {
    }
}

void reset(void)
{
    const uint32_t *from = &data_load;
    for (uint32_t *to = &data_start; to < &data_end;)
        *to++ = *from++;
    for (uint32_t *to = &bss_start; to < &bss_end;)
        *to++ = 0;
    start_clock();
    main();
    stop();
}
