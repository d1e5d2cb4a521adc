"""Programs for the stm32f103 that have something to do with pins."""

FOLLOW = """
  poke 0x40021018, 0xC       // RCC_APB2ENR: ports A and B
  poke 0x40010800, 0x44444448
  poke 0x40010C00, 0x44344444
  poke 0x40010C04, 0x44434444
  ldr r4, =0x40010808        // GPIOA_IDR
  ldr r5, =0x40010C0C        // GPIOB_ODR
1: ldr r0, [r4]
  ands r0, #1
  lsl r1, r0, #5
  eor r0, #1
  orr r1, r1, r0, lsl #12
  str r1, [r5]
  b 1b
"""
"""PA0 is an input with pull-down; PB5 shows its level, PB12 shows the opposite."""

BLINK = """
  poke 0x40021018, 0x8
  poke 0x40010C04, 0x44434444
  ldr r4, =0x40010C0C
  movs r0, #0
1: eor r0, #0x1000
  str r0, [r4]
  movs r1, #200
2: subs r1, #1
  bne 2b
  b 1b
"""
"""PB12 changes every few hundred cycles, for ever."""

RISE_AND_FAULT = """
  poke 0x40021018, 0x8
  poke 0x40010C04, 0x44434444
  poke 0x40010C10, 0x1000
  udf #0
"""
"""PB12 goes high, then there is no instruction."""
