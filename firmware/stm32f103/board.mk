CLOCKS := 72 128
LIBMS := recorded stock
# What a build may set otherwise (docs/sweep.md): PLL factors from 2 to 16, 8 MHz each (RM0008 7.3.2); all of LATENCY.
MORE_CLOCKS := 16 24 32 40 48 56 64 80 88 96 104 112 120
WAIT_STATE_COUNTS := 2 0 1 3 4 5 6 7
HAS_PREFETCH := yes

CPU_FLAGS := -mcpu=cortex-m3 -mthumb -mfloat-abi=soft
OPTIMISATION := -O3 $(if $(filter 0,$(FASTMATH)),,-ffast-math)
HAL_SOURCES := hal/stm32f1.c
include hal/cortexm/cortexm.mk
