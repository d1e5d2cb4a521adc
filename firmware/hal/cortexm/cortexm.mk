# Cortex-M boards: bare metal, newlib. The board gives CPU_FLAGS, OPTIMISATION and HAL_SOURCES.
TOOLS := arm-none-eabi-
SOURCES := $(COMMON_SOURCES) $(HAL_SOURCES) hal/cortexm/startup.c hal/cortexm/timer.c
INCLUDES := -Ihal/cortexm
FLAGS := $(CPU_FLAGS) $(call with_level,$(OPTIMISATION)) -ffunction-sections -fdata-sections
CFLAGS := -std=c11
LINK_FLAGS := -nostartfiles -static -Wl,--gc-sections -Wl,--fatal-warnings -Lhal/cortexm -T $(BOARD)/link.ld
# How numbers are printed: "newlib" as recorded, else by our own routine.
ifeq ($(FORMAT),newlib)
SOURCES := $(filter-out common/format.c,$(SOURCES)) hal/cortexm/format_newlib.c
endif
LINK_INPUTS := $(BOARD)/link.ld hal/cortexm/cortexm.ld

ifeq ($(LIBM),recorded)
FLAGS += -DLIBM_RECORDED
SOURCES += common/exp_recorded.c
endif

# A C library is built without it, and exp_recorded.c stands for a part of one.
$(OBJ)/common/exp_recorded.o: FLAGS += -fno-fast-math
