CLOCKS := 72 128
LIBMS := recorded stock

CPU_FLAGS := -mcpu=cortex-m3 -mthumb -mfloat-abi=soft
OPTIMISATION := -O3 $(if $(filter 0,$(FASTMATH)),,-ffast-math)
HAL_SOURCES := hal/stm32f1.c
include hal/cortexm/cortexm.mk
