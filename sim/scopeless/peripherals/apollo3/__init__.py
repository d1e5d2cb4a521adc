"""Peripherals of the Ambiq Apollo3 Blue.

Sources: the register descriptions of AmbiqSuite 2.4.2 (apollo3.h, apollo3.svd) and the data sheet
DS-A3-0p9p1; Arm DDI 0183 (PL011) for the UART.
"""
