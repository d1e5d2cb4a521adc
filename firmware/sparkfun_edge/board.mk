CLOCKS := 48 96
LIBMS := recorded stock

# Floating point as AmbiqSuite's makefiles for this board have it; their -O0 is for debugging
CPU_FLAGS := -mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16
OPTIMISATION := -O3
HAL_SOURCES := hal/apollo3.c
include hal/cortexm/cortexm.mk
