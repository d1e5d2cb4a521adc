/* STM32F7: clocks, caches. */
#include "stm32f7.h"

#include "cortexm.h"

/* RM0385 5.3 */
#define RCC_CR REGISTER(0x40023800)
#define RCC_CR_HSION (1u << 0)
#define RCC_CR_HSIRDY (1u << 1)
#define RCC_CR_PLLON (1u << 24)
#define RCC_CR_PLLRDY (1u << 25)
#define RCC_PLLCFGR REGISTER(0x40023804)
#define RCC_PLLCFGR_FACTORS(m, n, p, q) ((m) | (n) << 6 | ((p) / 2 - 1) << 16 | (q) << 24) /* source: HSI */
#define RCC_CFGR REGISTER(0x40023808)
#define RCC_CFGR_SW_PLL (2u << 0)
#define RCC_CFGR_SWS_MASK (3u << 2)
#define RCC_CFGR_SWS_PLL (2u << 2)
#define RCC_CFGR_PPRE(prescaler) ((prescaler) == 8 ? 6u : (prescaler) == 4 ? 5u : 4u)
#define RCC_CFGR_PPRE1(prescaler) (RCC_CFGR_PPRE(prescaler) << 10)
#define RCC_CFGR_PPRE2(prescaler) (RCC_CFGR_PPRE(prescaler) << 13)
#define RCC_AHB1ENR REGISTER(0x40023830)
#define RCC_AHB1ENR_GPIOCEN (1u << 2)
#define RCC_AHB1ENR_GPIOGEN (1u << 6)
#define RCC_APB1ENR REGISTER(0x40023840)
#define RCC_APB1ENR_PWREN (1u << 28)
#define RCC_APB2ENR REGISTER(0x40023844)
#define RCC_APB2ENR_USART6EN (1u << 5)

/* RM0385 4.4; scale 1 is the reset value */
#define PWR_CR1 REGISTER(0x40007000)
#define PWR_CR1_ODEN (1u << 16)
#define PWR_CR1_ODSWEN (1u << 17)
#define PWR_CSR1 REGISTER(0x40007004)
#define PWR_CSR1_ODRDY (1u << 16)
#define PWR_CSR1_ODSWRDY (1u << 17)

/* RM0385 3.7.1 */
#define FLASH_ACR REGISTER(0x40023C00)
#define FLASH_ACR_LATENCY_MASK 15u

/* DDI0403 B3.2.8, B2.2.7, B4.8.2; DDI0489 4.3 */
#define SCB_CCR REGISTER(0xE000ED14)
#define SCB_CCR_DC (1u << 16)
#define SCB_CCR_IC (1u << 17)
#define SCB_CCSIDR REGISTER(0xE000ED80)
#define SCB_CSSELR REGISTER(0xE000ED84)
#define SCB_ICIALLU REGISTER(0xE000EF50)
#define SCB_DCISW REGISTER(0xE000EF60)

#define HSI_MHZ 16
#define PLL_M 8u /* 2 MHz into the PLL, so that N is the core clock in MHz */

static void barrier(void)
{
    __asm__ volatile("dsb\n\tisb" ::: "memory");
}

static void init_caches(void)
{
    barrier();
    SCB_ICIALLU = 0;
    barrier();
    SCB_CCR |= IF_CODE_CACHE(SCB_CCR_IC);
    barrier();

    SCB_CSSELR = 0; /* the data cache */
    barrier();
    uint32_t geometry = SCB_CCSIDR, sets = (geometry >> 13 & 0x7FFF) + 1, ways = (geometry >> 3 & 0x3FF) + 1;
    for (uint32_t set = 0; set < sets; set++)
        for (uint32_t way = 0; way < ways; way++)
            SCB_DCISW = way << 30 | set << 5;
    barrier();
    SCB_CCR |= IF_DATA_CACHE(SCB_CCR_DC);
    barrier();
}

/* As recorded: PLL from the internal oscillator, over-drive, 7 wait states, the accelerator and its prefetch off (they
 * serve the ITCM side only). 295 MHz is far beyond the data sheet. */
void stm32_init_clocks(void)
{
    init_caches();
    RCC_APB1ENR |= RCC_APB1ENR_PWREN;
    RCC_CR |= RCC_CR_HSION;
    while (!(RCC_CR & RCC_CR_HSIRDY)) {
    }
    RCC_PLLCFGR = RCC_PLLCFGR_FACTORS(PLL_M, (uint32_t)CLOCK_MHZ, 2u, 2u);
    RCC_CR |= RCC_CR_PLLON;
    while (!(RCC_CR & RCC_CR_PLLRDY)) {
    }
    PWR_CR1 |= PWR_CR1_ODEN;
    while (!(PWR_CSR1 & PWR_CSR1_ODRDY)) {
    }
    PWR_CR1 |= PWR_CR1_ODSWEN;
    while (!(PWR_CSR1 & PWR_CSR1_ODSWRDY)) {
    }
    FLASH_ACR = WAIT_STATES_OR(7);
    while ((FLASH_ACR & FLASH_ACR_LATENCY_MASK) != WAIT_STATES_OR(7)) {
    }
    RCC_CFGR = RCC_CFGR_PPRE1(APB1_PRESCALER) | RCC_CFGR_PPRE2(APB2_PRESCALER);
    RCC_CFGR |= RCC_CFGR_SW_PLL;
    while ((RCC_CFGR & RCC_CFGR_SWS_MASK) != RCC_CFGR_SWS_PLL) {
    }
    RCC_AHB1ENR |= RCC_AHB1ENR_GPIOCEN | RCC_AHB1ENR_GPIOGEN;
    RCC_APB2ENR |= RCC_APB2ENR_USART6EN;
    (void)RCC_APB2ENR; /* a peripheral answers two clocks after its enable: RM0385 5.2.11 */
}

_Static_assert(HSI_MHZ / PLL_M == 2, "N is the core clock in MHz");
