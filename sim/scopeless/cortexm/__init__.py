"""The Cortex-M core around Unicorn's instruction set: exceptions, system control, timers, buses.

Manual: Arm DDI 0403 (ARMv7-M Architecture Reference Manual), chapters B1 (system level) and B3 (system
address map).
"""
