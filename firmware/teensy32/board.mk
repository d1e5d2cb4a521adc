CLOCKS := 120 72 96
LIBMS := recorded stock
# What a build may set otherwise (docs/sweep.md): what the PLL factors of hal/kinetis.c give. Wait states follow
# from the clock.
MORE_CLOCKS := 64 80 88 100 104 108 112 116
HAS_PREFETCH := yes
CACHE_KINDS := on code data

# As Teensyduino, without its -fsingle-precision-constant, which would round the weights to 24 bits.
CPU_FLAGS := -mcpu=cortex-m4 -mthumb -mfloat-abi=soft
OPTIMISATION := -O2
HAL_SOURCES := hal/kinetis.c
include hal/cortexm/cortexm.mk
