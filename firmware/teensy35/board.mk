CLOCKS := 168 120
LIBMS := recorded stock
# What a build may set otherwise (docs/sweep.md): what the PLL factors of hal/kinetis.c give. Wait states follow
# from the clock.
MORE_CLOCKS := 64 72 80 88 96 100 104 108 112 116 124 128 132 136 140 144 148 152 156 160 164
HAS_PREFETCH := yes
CACHE_KINDS := on code data

# As Teensyduino, without its -fsingle-precision-constant, which would round the weights to 24 bits.
CPU_FLAGS := -mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16
OPTIMISATION := -O2
HAL_SOURCES := hal/kinetis.c
include hal/cortexm/cortexm.mk
