CLOCKS := 80
LIBMS := recorded stock

CPU_FLAGS := -mcpu=cortex-m4 -mthumb -mfpu=fpv4-sp-d16 -mfloat-abi=hard
OPTIMISATION := -O3
HAL_SOURCES := hal/stm32_v2.c hal/stm32l4.c
include hal/cortexm/cortexm.mk
