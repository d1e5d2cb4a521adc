CLOCKS := 84
LIBMS := recorded stock

# Arduino SAM core, platform.txt
CPU_FLAGS := -mcpu=cortex-m3 -mthumb -mfloat-abi=soft
OPTIMISATION := -Os
HAL_SOURCES := hal/sam3x.c
include hal/cortexm/cortexm.mk
