"""The Cortex-M core around Unicorn's instruction set: exceptions, system control, timers, buses.

Manual: Arm DDI 0403 (ARMv7-M Architecture Reference Manual), chapters B1 (system level) and B3 (system
address map).

Not modelled: the MPU (its registers are plain storage), late arrival, imprecise bus faults (a faulting store
is reported at the store), lazy floating-point stacking, debug beyond CYCCNT. Unicorn itself differs from
silicon in that LDM, STM, LDRD and STRD do not fault on unaligned addresses unless CCR.UNALIGN_TRP is set, a
Cortex-M3 executes floating-point instructions, and unprivileged code may reach the private peripherals.
"""
