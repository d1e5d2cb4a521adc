CLOCKS := 216 295
LIBMS := recorded stock
# What a build may set otherwise (docs/sweep.md): PLL factors from 50 on (RM0385 5.3.2), all of LATENCY. Prefetch and
# accelerator serve the ITCM side, where this firmware is not.
MORE_CLOCKS := 60 72 80 96 100 108 120 144 150 160 168 180 192 200 240 250 264 280
WAIT_STATE_COUNTS := 7 0 1 2 3 4 5 6 8 9 10 11 12 13 14 15
CACHE_KINDS := on code data

# As the recorded project's Release build: -O3 without -ffast-math.
CPU_FLAGS := -mcpu=cortex-m7 -mthumb -mfpu=fpv5-sp-d16 -mfloat-abi=hard
OPTIMISATION := -O3
HAL_SOURCES := hal/stm32_v2.c hal/stm32f7.c
FORMAT := newlib
include hal/cortexm/cortexm.mk
