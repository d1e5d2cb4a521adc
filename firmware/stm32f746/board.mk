CLOCKS := 216 295
LIBMS := recorded stock

# As the recorded project's Release build: -O3 without -ffast-math.
CPU_FLAGS := -mcpu=cortex-m7 -mthumb -mfpu=fpv5-sp-d16 -mfloat-abi=hard
OPTIMISATION := -O3
HAL_SOURCES := hal/stm32_v2.c hal/stm32f7.c
FORMAT := newlib
include hal/cortexm/cortexm.mk
