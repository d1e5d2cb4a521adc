"""What a script or a notebook uses: a board with firmware, its serial port and its pins.

from scopeless import Machine

with Machine("stm32f103", "firmware.elf") as m:
    m.run_until_line("Ready")
    m.uart.write_line("TEST=1")
    m.run_until_line("Finished")
    m.pin("PB12").edges
"""
