CLOCKS := 48 96
LIBMS := recorded stock
# What a build may set otherwise (docs/sweep.md): all of RD_WAIT (apollo3.h, CACHECTRL).
WAIT_STATE_COUNTS := 1 0 2 3 4 5 6 7 8 9 10 11 12 13 14 15
CACHE_KINDS := on code data

# Floating point as AmbiqSuite's makefiles for this board have it; their -O0 is for debugging
CPU_FLAGS := -mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16
OPTIMISATION := -O3
HAL_SOURCES := hal/apollo3.c
include hal/cortexm/cortexm.mk
