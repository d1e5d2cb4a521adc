#include "timer.h"

#include "cortexm.h"
#include "hal.h"

#define TICKS_PER_SECOND 100 /* 10 ms fit SysTick's 24 bits up to 1677 MHz */
#define PERIOD_TICKS (3 * TICKS_PER_SECOND)

static volatile uint32_t ticks;
static volatile bool elapsed;

void systick_handler(void);
void systick_handler(void)
{
    if (++ticks == PERIOD_TICKS) {
        ticks = 0;
        elapsed = true;
    }
}

void hal_timer_start(void)
{
    ticks = 0;
    elapsed = false;
    SYST_RVR = CLOCK_MHZ * 1000000u / TICKS_PER_SECOND - 1;
    SYST_CVR = 0;
    SYST_CSR = SYST_CSR_CLKSOURCE_CORE | SYST_CSR_TICKINT | SYST_CSR_ENABLE;
}

void hal_timer_stop(void)
{
    SYST_CSR = 0;
    elapsed = false;
}

bool hal_timer_elapsed(void)
{
    if (!elapsed)
        return false;
    elapsed = false;
    return true;
}

bool timer_has_elapsed(void)
{
    return elapsed;
}
