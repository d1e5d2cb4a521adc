CLOCKS := 168 120
LIBMS := recorded stock

# As Teensyduino, without its -fsingle-precision-constant, which would round the weights to 24 bits.
CPU_FLAGS := -mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16
OPTIMISATION := -O2
HAL_SOURCES := hal/kinetis.c
include hal/cortexm/cortexm.mk
