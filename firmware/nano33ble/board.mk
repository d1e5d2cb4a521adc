CLOCKS := 64
LIBMS := recorded stock
# What a build may set otherwise (docs/sweep.md). Clock and wait states are fixed.
CACHE_KINDS := on

# Arduino mbed core, variants/ARDUINO_NANO33BLE/cflags.txt: -Os and floating point through core registers
CPU_FLAGS := -mcpu=cortex-m4 -mthumb -mfloat-abi=softfp -mfpu=fpv4-sp-d16
OPTIMISATION := -Os
HAL_SOURCES := hal/nrf52.c
include hal/cortexm/cortexm.mk
