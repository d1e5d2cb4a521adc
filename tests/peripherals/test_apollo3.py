"""Apollo3 Blue: clocks, burst mode, flash cache, power, pads, UART. apollo3.h of AmbiqSuite; Arm DDI 0183."""

from dataclasses import replace
from itertools import pairwise

import pytest

from scopeless.board import Board, load_board
from support.arm import Program

ADDRESSES = """
.equ CLKGEN, 0x40004000
.equ GPIO, 0x40010000
.equ CACHE, 0x40018000
.equ UART, 0x4001C000
.equ MCU, 0x40020000
.equ POWER, 0x40021000
"""
STORE = "ldr r4, =values\n"
FULL_SPEED = "poke CLKGEN+0x14, 0x47\n poke CLKGEN+0x18, 0\n poke CLKGEN+0x14, 0\n"
FEATURE = "poke MCU+0x18, 0x10\n"
BURST = "poke CLKGEN+0x34, 1\n"


def program(source: str, board: Board | None = None) -> Program:
    return Program(ADDRESSES + source, board=board or load_board("sparkfun_edge"))


def run(source: str, board: Board | None = None) -> Program:
    result = program(source, board)
    result.run(2000)
    assert result.is_done
    return result


def peek(*addresses: str) -> str:
    return "".join(f"peek r1, {address}\n str r1, [r4], #4\n" for address in addresses)


def edges(source: str) -> list[tuple[str, int]]:
    done = program(source)
    seen: list[tuple[str, int]] = []
    done.machine.core.system.pins.listeners.append(lambda pin, level: seen.append((pin, level)))
    done.run()
    assert done.is_done
    return seen


# Clocks


@pytest.mark.parametrize(
    ("source", "mhz"),
    [("", 24), (FULL_SPEED, 48), (FULL_SPEED + FEATURE + BURST, 96), (FEATURE + BURST, 48)],
    ids=["reset", "HFRC", "burst", "burst of the half"],
)
def test_the_registers_decide_the_core_clock(source, mhz):
    done = run(source + "bx lr")
    assert done.machine.clock_hz() == mhz * 1_000_000
    assert done.machine.core.system.clocks.hz["hfrc"] == 48_000_000
    assert done.machine.notes() == []


def test_burst_mode_ends_with_its_request():
    done = run(FULL_SPEED + FEATURE + BURST + "poke CLKGEN+0x34, 0\n bx lr")
    assert done.machine.clock_hz() == 48_000_000


def test_requests_are_acknowledged():
    done = run(FULL_SPEED + FEATURE + BURST + STORE + peek("MCU+0x18", "CLKGEN+0x34") + "bx lr")
    assert done.values(2) == [0x70, 0x7]


def test_burst_mode_needs_its_feature():
    done = run(FULL_SPEED + BURST + STORE + peek("CLKGEN+0x34") + "bx lr")
    assert done.value() == 0x3  # acknowledged, not granted
    assert done.machine.clock_hz() == 48_000_000
    assert len(done.machine.notes()) == 1
    assert "burst mode without having enabled the feature" in done.machine.notes()[0]


def test_a_part_without_burst_mode_does_not_grant_it():
    board = load_board("sparkfun_edge")
    parts = tuple(replace(p, options={}) if p.name == "mcuctrl" else p for p in board.peripherals)
    done = run(FULL_SPEED + FEATURE + BURST + "bx lr", replace(board, peripherals=parts))
    assert done.machine.clock_hz() == 48_000_000


def test_the_clock_select_is_locked_without_its_key():
    done = run("poke CLKGEN+0x18, 0\n bx lr")
    assert done.machine.clock_hz() == 24_000_000
    assert done.machine.notes() == [
        "The firmware writes CCTRL without its key; the write is ignored, as on silicon."
    ]


# Cache and flash

COUNT = """
  poke DEMCR, 0x01000000
  poke DWT_CTRL, 1
  ldr r0, =DWT_CYCCNT
"""
LOOP = """
  movs r2, #100
  ldr r3, [r0]
1: subs r2, #1
  b 2f
  .balign 64
2: bne 1b
  ldr r1, [r0]
  subs r1, r3
  ldr r4, =values
  str r1, [r4]
  bx lr
"""
CACHE_ON = "poke CACHE, 0x351\n"


def loop_cycles(*settings: str) -> int:
    return run("".join(settings) + COUNT + LOOP).value()


def test_wait_states_slow_down_what_is_not_cached():
    three, one = loop_cycles(FULL_SPEED), loop_cycles(FULL_SPEED, "poke CACHE+4, 0x851\n")
    cached = loop_cycles(FULL_SPEED, CACHE_ON)
    assert three > one + 250 > cached + 450


def test_in_burst_mode_the_flash_takes_twice_as_many_core_cycles():
    normal = loop_cycles(FULL_SPEED, "poke CACHE+4, 0x851\n")
    burst = loop_cycles(FULL_SPEED, FEATURE, BURST, "poke CACHE+4, 0x851\n")
    assert burst > normal + 300
    assert burst < 2 * normal


def test_an_invalidated_cache_reads_again():
    again = "  poke CACHE+8, 1\n"
    warm = "bl 9f\n b 8f\n .balign 64\n9: bx lr\n .balign 64\n8:\n"
    timed = "ldr r3, [r0]\n bl 9b\n ldr r1, [r0]\n subs r1, r3\n ldr r4, =values\n str r1, [r4]\n"
    timed += "mov lr, r7\n bx lr\n"
    setup = "mov r7, lr\n" + FULL_SPEED + CACHE_ON + COUNT + warm
    kept, emptied = run(setup + timed).value(), run(setup + again + "ldr r0, =DWT_CYCCNT\n" + timed).value()
    assert emptied > kept


def test_the_cache_says_that_it_is_ready():
    assert run(STORE + peek("CACHE+8") + CACHE_ON + peek("CACHE+8") + "bx lr").values(2) == [0, 4]


def test_what_the_cache_cannot_do_here_is_noted():
    notes = run("poke CACHE, 0x01000375\n bx lr").machine.notes()
    assert [note.split(";")[0] for note in notes] == [
        "CACHECFG.CONFIG is 7, which is reserved",
        "The firmware sets up non-cacheable regions",
        "The firmware enables the cache monitors",
    ]


def test_too_few_wait_states_are_noted():
    assert run(FULL_SPEED + "poke CACHE+4, 0\n bx lr").machine.notes() == [
        "The flash is set to 0 wait states at 48 MHz, where Ambiq recommends 1; the real chip may read wrong "
        "instructions."
    ]


# Power


def test_a_domain_has_power_when_one_of_its_devices_has():
    done = run(STORE + peek("POWER+0x18") + "poke POWER+8, 0x880\n" + peek("POWER+0x18") + "bx lr")
    assert done.values(2) == [0x3, 0x3 | 1 << 2 | 1 << 6]  # HCPA for UART 0, MSPI


# Pads

KEY = "poke GPIO+0x60, 0x73\n"
PAD_44_OUTPUT = KEY + "poke GPIO+0x54, 0x00020000\n poke GPIO+0x60, 0\n"


def test_an_output_follows_the_set_and_clear_registers():
    assert edges(PAD_44_OUTPUT + "poke GPIO+0x94, 0x1000\n poke GPIO+0x9C, 0x1000\n bx lr") == [
        ("P44", 1),
        ("P44", 0),
    ]


def test_the_output_register_of_the_other_half():
    assert edges(KEY + "poke GPIO+0x40, 0x20\n poke GPIO+0x88, 0x2\n poke GPIO+0x98, 0x2\n bx lr") == [
        ("P1", 1),
        ("P1", 0),
    ]


def test_pads_are_locked_without_the_key():
    done = program("poke GPIO+0x54, 0x00020000\n poke GPIO+0x94, 0x1000\n bx lr")
    assert done.run().edges == []
    assert done.machine.notes() == [
        "The firmware changes pad settings without the key in PADKEY; the write is ignored, as on silicon."
    ]


def test_a_pad_with_another_function_is_no_output():
    other = KEY + "poke GPIO+0x2C, 0x18181800\n poke GPIO+0x54, 0x00020000\n"
    assert edges(other + "poke GPIO+0x94, 0x1000\n bx lr") == []


def test_a_tristate_output_drives_while_it_is_enabled():
    tristate = KEY + "poke GPIO+0x54, 0x00060000\n poke GPIO+0x94, 0x1000\n"
    assert edges(tristate + "poke GPIO+0xAC, 0x1000\n poke GPIO+0xB8, 0x1000\n bx lr") == [("P44", 1)]


def test_inputs_read_their_level_or_their_pull():
    done = program(KEY + "poke GPIO+0x00, 0x181A1A1B\n" + STORE + peek("GPIO+0x80") + "bx lr")
    done.machine.core.system.pins.inputs.update({"P1": 1, "P3": 1})
    done.run()
    assert done.value() == 0b0011  # pulled up, driven high, low; P3 has its input disabled


# UART

FRAME_AT_48 = 48e6 / 115200 * 10
ON = (
    FULL_SPEED
    + """
poke POWER+8, 0x80
poke UART+0x30, 0x18         // clock on, 24 MHz
poke UART+0x24, 13
poke UART+0x28, 1
poke UART+0x2C, 0x60
poke UART+0x30, 0x319
"""
)
SEND = """
.macro send character
  ldr r0, =UART
1: ldr r1, [r0, #0x18]
  tst r1, #0x20
  bne 1b
  movs r1, #\\character
  str r1, [r0]
.endm
"""


def test_a_line_arrives_byte_by_byte():
    sending = program(SEND + ON + "send 'H'\n send 'i'\n send 10\n bx lr")
    stamps: list[tuple[int, int]] = []
    uart = sending.machine._uart
    forward = uart.on_byte
    uart.on_byte = lambda cycle, byte: (stamps.append((cycle, byte)), forward(cycle, byte))[1]
    assert sending.machine.run(for_us=2000, until_line="^Hi$").stop == "line"
    assert [byte for _, byte in stamps] == [*b"Hi\n"]
    assert [b - a for (a, _), (b, _) in pairwise(stamps)] == [pytest.approx(FRAME_AT_48, rel=0.001)] * 2
    assert sending.machine.notes() == []


def test_the_baud_rate_does_not_change_in_burst_mode():
    burst = program(SEND + ON + FEATURE + BURST + "send 'H'\n send 10\n bx lr")
    stamps: list[int] = []
    burst.machine._uart.on_byte = lambda cycle, byte: stamps.append(cycle)
    burst.run(2000)
    assert stamps[1] - stamps[0] == pytest.approx(2 * FRAME_AT_48, rel=0.001)


@pytest.mark.parametrize(
    ("control", "room"), [(0x60, 1 + 1), (0x70, 32 + 1)], ids=["one byte", "FIFO"]
)  # fmt: skip
def test_the_shift_register_and_what_waits_before_it(control, room):
    """Bytes written until the flag says full."""
    done = run(
        ON.replace("UART+0x2C, 0x60", f"UART+0x2C, {control}")
        + "ldr r0, =UART\n movs r2, #0\n 1: movs r1, #'x'\n str r1, [r0]\n adds r2, #1\n"
        + "ldr r1, [r0, #0x18]\n tst r1, #0x20\n beq 1b\n ldr r4, =values\n str r2, [r4]\n bx lr"
    )
    assert done.value() == room


def test_transmit_and_complete_interrupts_come_one_after_the_other():
    done = program(
        ON + "poke UART+0x38, 0x21\n poke ISER, 0x8000\n ldr r4, =values\n"
        "poke UART, 'a'\n poke UART, 'b'\n 1: wfi\n b 1b\n"
        "handler irq15\n ldr r0, =UART\n ldr r1, [r0, #0x40]\n str r1, [r0, #0x44]\n str r1, [r4], #4\n bx lr"
    )
    done.run(1000)
    assert done.values(4) == [0x20, 0x20, 0x01, 0]


RECEIVE = """
  ldr r4, =values
  poke UART+0x38, 0x450
  poke ISER, 0x8000            // IRQ 15
1: wfi
  b 1b
handler irq15
  ldr r0, =UART
  ldr r2, [r0, #0x40]
  str r2, [r0, #0x44]
1: ldr r1, [r0, #0x18]
  tst r1, #0x10
  bne 2f
  ldr r1, [r0]
  lsls r3, r2, #8
  orrs r1, r3
  str r1, [r4], #4
  b 1b
2: bx lr
"""


def test_received_bytes_interrupt_one_by_one():
    done = program(ON + RECEIVE)
    done.run(100)
    done.machine.uart_send(b"abc")
    done.run(1000)
    assert done.values(4) == [0x1000 | byte for byte in b"abc"] + [0]


def test_with_the_fifo_the_last_bytes_come_by_timeout():
    done = program(ON.replace("UART+0x2C, 0x60", "UART+0x2C, 0x70") + RECEIVE)
    done.run(100)
    done.machine.uart_send(b"0123456789abcdefgh")  # the level is 16
    done.run(3000)
    values = done.values(18)
    assert bytes(value & 0xFF for value in values) == b"0123456789abcdefgh"
    assert [value >> 8 for value in values] == [0x10] * 16 + [0x40] * 2


def test_a_byte_that_nobody_read_overruns_the_next():
    done = program(ON + "b .")
    done.run(100)
    done.machine.uart_send(b"xy")
    done.run(500)
    uart = done.machine.core.peripherals["uart0"]
    assert (uart.read(0x04, 4), uart.read(0x3C, 4) & 0x400) == (8, 0x400)
    assert uart.read(0x00, 4) == ord("x")
    uart.write(0x04, 4, 0)
    assert uart.read(0x04, 4) == 0


def test_nothing_works_without_power_and_that_is_noted():
    done = program(ON.replace("poke POWER+8, 0x80", "") + "poke UART, 10\n b .")
    assert done.run(1000).lines == []
    assert done.machine.notes() == [
        "The firmware enables uart0 without power (PWRCTRL DEVPWREN); it stays off."
    ]


def test_a_wrong_baud_rate_is_noted():
    done = run(ON.replace("UART+0x24, 13", "UART+0x24, 26") + "bx lr")
    assert done.machine.notes() == [
        "uart0 is set to 57658 baud, -49.9% off the line's 115200; a real receiver would read garbage."
    ]
