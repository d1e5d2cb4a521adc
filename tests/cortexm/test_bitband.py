"""Bit-band aliases: one word for each bit of RAM and of peripherals."""

from hypothesis import given
from hypothesis import strategies as st

from scopeless.cortexm.bus import bitband_target
from support.arm import Program, run


def test_ram_bits_are_read_and_written_alone():
    program = run(
        """
          ldr r0, =values
          ldr r1, =0xF0F0A5A0
          str r1, [r0]
          sub r2, r0, #0x20000000
          lsl r2, #5
          add r2, #0x22000000      // alias of bit 0 of values
          movs r3, #1
          str r3, [r2]             // set bit 0
          movs r3, #0xFE
          str r3, [r2, #20]        // clear bit 5: only bit 0 of the data counts
          ldr r1, [r2, #84]        // bit 21
          str r1, [r0, #4]
          ldr r1, [r2, #92]        // bit 23
          str r1, [r0, #8]
          bx lr
        """
    )
    assert program.values(3) == [0xF0F0_A581, 1, 1]


def test_a_peripheral_s_bit_drives_its_pin():
    program_source = """
      poke RCC+0x18, 8
      poke GPIOB+4, 0x44434444
      ldr r0, =0x42000000+(0x10C0C*32)+(12*4)   // GPIOB.ODR bit 12
      movs r1, #1
      str r1, [r0]
      ldr r2, [r0]
      movs r1, #0
      str r1, [r0]
      ldr r3, =values
      str r2, [r3]
      bx lr
    """
    program = Program(program_source)
    edges = program.run().edges
    assert [edge.level for edge in edges] == [1, 0]
    assert program.value() == 1


@given(st.integers(0, 0xF_FFFF), st.integers(0, 7))
def test_an_alias_stands_for_byte_times_32_plus_bit_times_4(byte, bit):
    word, position = bitband_target(0x2200_0000 + byte * 32 + bit * 4)
    assert word == 0x2000_0000 + (byte & ~3)
    assert position == (byte & 3) * 8 + bit
