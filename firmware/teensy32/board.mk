CLOCKS := 120 72 96
LIBMS := recorded stock

# As Teensyduino, without its -fsingle-precision-constant, which would round the weights to 24 bits.
CPU_FLAGS := -mcpu=cortex-m4 -mthumb -mfloat-abi=soft
OPTIMISATION := -O2
HAL_SOURCES := hal/kinetis.c
include hal/cortexm/cortexm.mk
