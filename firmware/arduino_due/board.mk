CLOCKS := 84
LIBMS := recorded stock
# What a build may set otherwise (docs/sweep.md): multiples of the crystal's 12 MHz, halved, with PLLA at 96 to 192 MHz;
# all of FWS (11057, chapters PMC and EEFC).
MORE_CLOCKS := 48 54 60 66 72 78 90 96
WAIT_STATE_COUNTS := 4 0 1 2 3 5 6 7 8 9 10 11 12 13 14 15
HAS_PREFETCH := yes

# Arduino SAM core, platform.txt
CPU_FLAGS := -mcpu=cortex-m3 -mthumb -mfloat-abi=soft
OPTIMISATION := -Os
HAL_SOURCES := hal/sam3x.c
include hal/cortexm/cortexm.mk
