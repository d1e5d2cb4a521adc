"""Peripherals of the Kinetis K series. Manuals: K20P64M72SF1RM (K20 sub-family, 72 MHz) and K64P144M120SF5RM
(K64 sub-family), which have the same chapters for the blocks here; register names and addresses as in
Teensyduino's kinetis.h."""
