"""USART: bytes at their bit times, flags, interrupts. RM0008 section 27."""

from itertools import pairwise

import pytest

from support.arm import Program

BIT = 69  # 8 MHz / 69 = 115 942 baud, 0.6 % off
FRAME = 10 * BIT

ON = f"poke RCC+0x18, 0x4004\n poke USART1+8, {BIT}\n poke USART1+0xC, 0x200C\n"
SEND = """
.macro send character
  ldr r0, =USART1
1: ldr r1, [r0]
  tst r1, #0x80
  beq 1b
  movs r1, #\\character
  str r1, [r0, #4]
.endm
"""
COUNTER_ON = "poke DEMCR, 0x01000000\n poke DWT_CTRL, 1\n ldr r4, =values\n"


def test_a_line_arrives_byte_by_byte_at_the_line_s_speed():
    program = Program(SEND + ON + "send 'H'\n send 'i'\n send 13\n send 10\n bx lr")
    stamps: list[tuple[int, int]] = []
    uart = program.machine._uart
    forward = uart.on_byte
    uart.on_byte = lambda cycle, byte: (stamps.append((cycle, byte)), forward(cycle, byte))[1]
    result = program.machine.run(for_us=1000, until_line="^Hi$")
    assert result.stop == "line"
    assert [byte for _, byte in stamps] == [*b"Hi\r\n"]
    assert [b - a for (a, _), (b, _) in pairwise(stamps)] == [FRAME] * 3
    assert result.lines[0].cycle == stamps[-1][0]


def test_the_transmit_register_is_free_as_soon_as_the_shift_register_takes_it():
    """Two bytes can be written at once, the third waits a frame."""
    wait = "1: ldr r1, [r0]\n tst r1, #0x80\n beq 1b\n"
    idle = "1: ldr r1, [r0]\n tst r1, #0x40\n beq 1b\n"
    program = Program(
        COUNTER_ON + ON + "ldr r0, =1000\n 1: subs r0, #1\n bne 1b\n"  # past the idle frame
        "ldr r0, =USART1\n ldr r5, =DWT_CYCCNT\n movs r2, #'x'\n"
        + f"str r2, [r0, #4]\n ldr r6, [r5]\n {wait} str r2, [r0, #4]\n ldr r7, [r5]\n"
        + "stmia r4!, {r6, r7}\n"
        + f"{wait} ldr r6, [r5]\n stmia r4!, {{r6}}\n {idle} ldr r6, [r5]\n stmia r4!, {{r6}}\n bx lr"
    )
    program.run()
    assert program.is_done
    first, second, free, complete = program.values(4)
    assert second - first < 40
    assert FRAME - 5 <= free - first < FRAME + 20
    assert 2 * FRAME - 5 <= complete - first < 2 * FRAME + 20


def test_enabling_the_transmitter_sends_an_idle_frame_first():
    program = Program(ON + "ldr r0, =USART1\n movs r1, #10\n str r1, [r0, #4]\n bx lr")
    result = program.run()
    assert result.lines[0].text == ""
    assert 2 * FRAME < result.lines[0].cycle < 2 * FRAME + 100


RECEIVE = """
  poke ISER+4, 0x20          // IRQ 37
  poke USART1+0xC, 0x202C    // RXNEIE
1: wfi
  b 1b
handler irq37
  ldr r0, =USART1
  ldr r1, [r0, #4]
  stamp
  bx lr
"""


def test_received_bytes_interrupt_one_frame_apart():
    program = Program(COUNTER_ON + ON + RECEIVE)
    program.run(100)
    program.machine.uart_send(b"abc")
    program.run(500)
    a, at_a, b, at_b, c, at_c = program.values(6)
    assert bytes([a, b, c]) == b"abc"
    line_frame = round(10 * 8_000_000 / 115200)
    assert abs(at_b - at_a - line_frame) <= 2
    assert abs(at_c - at_b - line_frame) <= 2


def test_more_bytes_follow_those_that_are_still_on_the_line():
    program = Program(COUNTER_ON + ON + RECEIVE)
    program.run(100)
    program.machine.uart_send(b"ab")
    program.run(50)
    program.machine.uart_send(b"cd")
    program.run(1000)
    assert bytes(program.values(8)[::2]) == b"abcd"


def test_a_byte_that_nobody_read_overruns_the_next_and_keeps_the_first():
    program = Program(
        ON + "ldr r0, =10000\n 1: subs r0, #1\n bne 1b\n"
        "ldr r2, =values\n ldr r0, =USART1\n ldr r1, [r0]\n str r1, [r2]\n"
        "ldr r1, [r0, #4]\n str r1, [r2, #4]\n"
        " ldr r1, [r0]\n str r1, [r2, #8]\n bx lr"
    )
    program.run(100)
    program.machine.uart_send(b"xyz")
    program.run(6000)
    flags, data, after = program.values(3)
    assert flags & 0x38 == 0x38  # ORE, IDLE, RXNE
    assert data == ord("x")
    assert after & 0x38 == 0


def test_bytes_for_a_receiver_that_is_off_are_lost_and_noted():
    program = Program("b .")
    program.machine.uart_send(b"lost")
    program.run()
    assert program.machine.notes() == ["Bytes arrived at usart1 while its receiver was off, and were lost."]


def test_transmit_interrupts_feed_a_whole_message():
    program = Program(
        ON
        + """
          ldr r4, =message
          poke ISER+4, 0x20
          poke USART1+0xC, 0x208C  // TXEIE
        1: wfi
          b 1b
        message: .asciz "By interrupt\\n"
        .balign 4
        handler irq37
          ldr r0, =USART1
          ldrb r1, [r4], #1
          cbz r1, 1f
          str r1, [r0, #4]
          bx lr
        1: movw r1, #0x200C
          str r1, [r0, #0xC]
          bx lr
        """
    )
    result = program.machine.run(for_us=5000, until_line="interrupt")
    assert result.stop == "line"
    assert program.run(1000).lines == []


@pytest.mark.parametrize(("divider", "baud", "error"), [(72, 111111, "-3.5%"), (833, 9604, "-91.7%")])
def test_a_wrong_baud_rate_is_noted(divider, baud, error):
    program = Program(ON.replace(f"USART1+8, {BIT}", f"USART1+8, {divider}") + "bx lr")
    program.run()
    assert program.machine.notes() == [
        f"usart1 is set to {baud} baud, {error} off the line's 115200; a real receiver would read garbage."
    ]
