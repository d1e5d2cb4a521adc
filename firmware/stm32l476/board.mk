CLOCKS := 80
LIBMS := recorded stock
# What a build may set otherwise (docs/sweep.md): PLL factors from 8 on, 8 MHz each (RM0351 6.4.4), all of LATENCY.
MORE_CLOCKS := 64 72 88 96 104 112 120
WAIT_STATE_COUNTS := 4 0 1 2 3 5 6 7
HAS_PREFETCH := yes
CACHE_KINDS := on code data

CPU_FLAGS := -mcpu=cortex-m4 -mthumb -mfpu=fpv4-sp-d16 -mfloat-abi=hard
OPTIMISATION := -O3
HAL_SOURCES := hal/stm32_v2.c hal/stm32l4.c
include hal/cortexm/cortexm.mk
