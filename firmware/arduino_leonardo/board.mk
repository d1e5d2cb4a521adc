CLOCKS := 16
LIBMS := stock

MCU := atmega32u4
ARDUINO_BOARD := AVR_LEONARDO
VARIANT := leonardo
# The core's USB stack wants them: boards.txt (build.vid, build.pid, build.usb_product) and platform.txt
# (build.usb_flags, build.usb_manufacturer).
BOARD_DEFINES := -DUSB_VID=0x2341 -DUSB_PID=0x8036 '-DUSB_MANUFACTURER="Unknown"' '-DUSB_PRODUCT="Arduino Leonardo"'
include hal/arduino.mk
