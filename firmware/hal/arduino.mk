# Boards with the Arduino AVR core, compiled where it is installed, with the flags of its platform.txt (the Arduino IDE's).
# The board gives MCU, ARDUINO_BOARD, VARIANT and, for some, BOARD_DEFINES.
TOOLS := avr-
ARDUINO_CORE ?= /usr/share/arduino/hardware/arduino/avr
CORE := $(ARDUINO_CORE)/cores/arduino
SOURCES := $(COMMON_SOURCES) hal/arduino.cpp
SKETCHES := first
ifeq ($(SKETCH),first)
SOURCES := $(filter-out common/benchmark.c common/network.c,$(SOURCES)) hal/arduino_first.c
endif
INCLUDES := -I$(CORE) -I$(ARDUINO_CORE)/variants/$(VARIANT)
OPTIMISATION := -Os
LTO_FLAGS := $(if $(filter 0,$(LTO)),,-flto)
# DECIMAL_DIG: the core's WString wants a macro that the headers of gcc-avr 5.4 lack.
FLAGS := -mmcu=$(MCU) $(call with_level,$(OPTIMISATION)) $(LTO_FLAGS) -ffunction-sections -fdata-sections \
    -DF_CPU=$(CLOCK)000000L -DARDUINO=10807 -DARDUINO_$(ARDUINO_BOARD) -DARDUINO_ARCH_AVR -DDECIMAL_DIG=17 $(BOARD_DEFINES)
# Not the default, stabs; and gcc 5 would record the folder among its switches.
DEBUG := -gdwarf-4 -gno-record-gcc-switches
CFLAGS := -std=gnu11
CXXFLAGS := -std=gnu++11 -fpermissive -fno-exceptions -fno-threadsafe-statics
# util/delay.h warns that its delays are too long without optimisation; no window has one.
CXXFLAGS += $(if $(filter 0,$(OLEVEL)),-Wno-cpp)
LINK_FLAGS := $(call with_level,$(OPTIMISATION)) $(LTO_FLAGS) -fuse-linker-plugin -Wl,--gc-sections

CORE_OBJECTS := $(patsubst $(CORE)/%,$(OBJ)/core/%.o,$(wildcard $(CORE)/*.c $(CORE)/*.cpp $(CORE)/*.S))
LINK_INPUTS := $(OBJ)/core.a

$(OBJ)/core/%.c.o: $(CORE)/%.c
	$(call compile,$(CC) $(CFLAGS) -w)
$(OBJ)/core/%.cpp.o: $(CORE)/%.cpp
	$(call compile,$(CXX) $(CXXFLAGS) -w)
$(OBJ)/core/%.S.o: $(CORE)/%.S
	$(call compile,$(CC) -x assembler-with-cpp)

# Deterministic (D): no dates, no owners.
$(OBJ)/core.a: $(CORE_OBJECTS)
	$(Q)rm -f $@.tmp && $(TOOLS)gcc-ar rcsD $@.tmp $^ && mv $@.tmp $@
