CLOCKS := 16
LIBMS := stock

MCU := atmega328p
ARDUINO_BOARD := AVR_UNO
VARIANT := standard
include hal/arduino.mk
