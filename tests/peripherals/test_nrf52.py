"""nRF52840: clock, instruction cache, ports, UART without DMA. Product Specification v1.7."""

from itertools import pairwise

import pytest

from scopeless.board import load_board
from support.arm import Program

MHZ = 64
ADDRESSES = """
.equ CLOCK, 0x40000000
.equ UART, 0x40002000
.equ NVMC, 0x4001E000
.equ P0, 0x50000000
.equ P1, 0x50000300
"""
STORE = "ldr r4, =values\n"


def program(source: str) -> Program:
    return Program(ADDRESSES + source, board=load_board("nano33ble"))


def run(source: str, us: float = 1000) -> Program:
    result = program(source)
    result.run(us)
    assert result.is_done
    return result


def peek(*addresses: str) -> str:
    return "".join(f"peek r1, {address}\n str r1, [r4], #4\n" for address in addresses)


def edges(source: str) -> list[tuple[str, int]]:
    """What a program does to pins other than the board's own too."""
    done = program(source)
    seen: list[tuple[str, int]] = []
    done.machine.core.system.pins.listeners.append(lambda pin, level: seen.append((pin, level)))
    done.run()
    assert done.is_done
    return seen


# Clock


def test_the_core_runs_at_64_mhz_from_reset_and_the_crystal_changes_only_the_source():
    start = "poke CLOCK, 1\n ldr r0, =CLOCK+0x100\n 1: ldr r1, [r0]\n cmp r1, #0\n beq 1b\n"
    before, running = (
        run(STORE + peek("CLOCK+0x40C") + "bx lr"),
        run(STORE + start + peek("CLOCK+0x40C", "CLOCK+0x408") + "bx lr"),
    )
    assert before.value() == 1 << 16  # running from the internal oscillator
    assert running.values(2) == [1 << 16 | 1, 1]
    assert before.machine.clock_hz() == running.machine.clock_hz() == MHZ * 1_000_000


@pytest.mark.parametrize(("setting", "us"), [(0x10, 256), (0x40, 1024)])
def test_the_crystal_takes_its_debounce_time(setting, us):
    done = program(
        f"poke CLOCK+0x528, {setting}\n poke DEMCR, 0x01000000\n poke DWT_CTRL, 1\n poke CLOCK, 1\n"
        "ldr r0, =CLOCK+0x100\n 1: ldr r1, [r0]\n cmp r1, #0\n beq 1b\n"
        + STORE + peek("DWT_CYCCNT") + "bx lr"
    )  # fmt: skip
    done.run(2000)
    assert us * MHZ <= done.value() < us * MHZ + 60


def test_a_stopped_crystal_never_reports_that_it_has_started():
    done = program("poke CLOCK, 1\n poke CLOCK+4, 1\n bx lr")
    done.run(500)
    clock = done.machine.core.peripherals["clock"]
    assert clock.read(0x100, 4) == 0
    assert clock.read(0x40C, 4) == 1 << 16


# Instruction cache

LOOP = """
poke DEMCR, 0x01000000
poke DWT_CTRL, 1
ldr r0, =DWT_CYCCNT
movs r2, #100
ldr r3, [r0]
1: subs r2, #1
nop.w
nop.w
nop.w
bne 1b
ldr r1, [r0]
subs r1, r3
ldr r4, =values
str r1, [r4]
bx lr
"""


def test_the_cache_takes_the_wait_states_out_of_a_loop():
    cold, cached = run(LOOP).value(), run("poke NVMC+0x540, 1\n" + LOOP).value()
    assert cold > 1.5 * cached


def test_reading_the_cache_counters_is_noted():
    notes = run("poke NVMC+0x540, 0x101\n bx lr").machine.notes()
    assert notes == [
        "The firmware profiles the instruction cache; IHIT and IMISS read 0 here, use the window's cycles "
        "instead."
    ]


# Ports


def test_an_output_follows_out_outset_and_outclr():
    assert edges(
        "poke P0+0x518, 0x3\n"  # DIRSET
        "poke P0+0x508, 0x2\n poke P0+0x50C, 0x2\n poke P0+0x504, 0x1\n bx lr"
    ) == [("P0.01", 1), ("P0.01", 0), ("P0.00", 1)]


def test_the_two_ports_interleave_and_stay_apart():
    assert edges("poke P1+0x700+4*15, 1\n poke P1+0x508, 1<<15\n bx lr") == [("P1.15", 1)]


def test_direction_is_one_bit_in_two_registers():
    done = run(
        "poke P0+0x700+4*27, 3\n" + STORE + peek("P0+0x514", "P0+0x700+4*27")
        + "poke P0+0x51C, 1<<27\n" + peek("P0+0x514", "P0+0x700+4*27", "P0+0x700") + "bx lr"
    )  # fmt: skip
    assert done.values(5) == [1 << 27, 3, 0, 2, 2]


def test_a_pin_that_becomes_an_output_shows_what_out_has():
    assert edges("poke P0+0x508, 0x10\n poke P0+0x518, 0x10\n bx lr") == [("P0.04", 1)]


def test_inputs_read_their_level_their_pull_or_nothing():
    done = program(
        "poke P0+0x700, 0\n poke P0+0x704, 0xC\n poke P0+0x708, 2\n" + STORE + peek("P0+0x510") + "bx lr"
    )
    done.machine.core.system.pins.inputs.update({"P0.00": 1, "P0.02": 1})
    done.run()
    assert done.value() == 0b011  # driven high, pulled up, disconnected


# UART

ON = """
poke UART+0x50C, 0x23        // TXD on P1.03
poke UART+0x514, 0x2A        // RXD on P1.10
poke UART+0x524, 0x01D7E000
poke UART+0x500, 4
poke UART+0x000, 1
poke UART+0x008, 1
"""
FRAME = 10 * 138 * 4  # 138 clocks of 16 MHz: the "actual rate" of 115942 baud in the register's description
SEND = """
.macro send character
  movs r1, #\\character
  ldr r0, =UART
  str r1, [r0, #0x51C]
1: ldr r1, [r0, #0x11C]
  cmp r1, #0
  beq 1b
  movs r1, #0
  str r1, [r0, #0x11C]
.endm
"""


def test_a_line_arrives_byte_by_byte():
    sending = program(SEND + ON + "send 'H'\n send 'i'\n send 10\n bx lr")
    stamps: list[tuple[int, int]] = []
    uart = sending.machine._uart
    forward = uart.on_byte
    uart.on_byte = lambda cycle, byte: (stamps.append((cycle, byte)), forward(cycle, byte))[1]
    assert sending.machine.run(for_us=1000, until_line="^Hi$").stop == "line"
    assert [byte for _, byte in stamps] == [*b"Hi\n"]
    assert all(FRAME <= b - a < FRAME + 40 for (a, _), (b, _) in pairwise(stamps))


@pytest.mark.parametrize(
    ("register", "actual"),
    [
        (0x0004F000, 1205), (0x0009D000, 2396), (0x0013B000, 4808), (0x00275000, 9598),
        (0x003B0000, 14414), (0x004EA000, 19208), (0x0075F000, 28829), (0x00800000, 31250),
        (0x009D5000, 38462), (0x00E50000, 55944), (0x00EBF000, 57762), (0x013A9000, 76923),
        (0x01D7E000, 115942), (0x03AFB000, 231884), (0x04000000, 250000), (0x075F7000, 470588),
        (0x0EBED000, 941176), (0x10000000, 1000000),
    ],
)  # fmt: skip
def test_baud_rates_are_the_actual_ones_of_the_manual(register, actual):
    uart = program("b .").machine.core.peripherals["uart0"]
    uart.write(0x524, 4, register)
    assert 16e6 / uart.bit_clocks() == pytest.approx(actual, abs=0.5)


def test_a_wrong_baud_rate_is_noted():
    done = run(ON.replace("0x01D7E000", "0x00275000") + "bx lr")
    assert done.machine.notes() == [
        "uart0 is set to 9598 baud, -91.7% off the line's 115200; a real receiver would read garbage."
    ]


def test_nothing_is_sent_while_the_transmitter_is_stopped_or_unconnected():
    for missing in (
        "poke UART+0x008, 1",
        "poke UART+0x500, 4",
        "poke UART+0x50C, 0x23        // TXD on P1.03",
    ):
        assert missing in ON
        done = program(ON.replace(missing, "") + "poke UART+0x51C, 10\n b .")
        assert done.run(1000).lines == []


RECEIVE = """
  ldr r4, =values
  poke UART+0x304, 4           // INTENSET.RXDRDY
  poke ISER, 4                 // IRQ 2
1: wfi
  b 1b
handler irq2
  ldr r0, =UART
  movs r1, #0
  str r1, [r0, #0x108]
  ldr r1, [r0, #0x518]
  str r1, [r4], #4
  bx lr
"""


def test_received_bytes_interrupt_one_by_one():
    done = program(ON + RECEIVE)
    done.run(100)
    done.machine.uart_send(b"abc")
    done.run(1000)
    assert bytes(done.values(3)) == b"abc"


def test_six_bytes_wait_and_the_seventh_overruns():
    done = program(ON + "ldr r0, =30000\n 1: subs r0, #1\n bne 1b\n" + RECEIVE)
    done.run(10)
    done.machine.uart_send(b"1234567")
    done.run(4000)
    uart = done.machine.core.peripherals["uart0"]
    assert bytes(value for value in done.values(7) if value) == b"123456"
    assert (uart.read(0x124, 4), uart.read(0x480, 4)) == (1, 1)
    uart.write(0x480, 4, 1)
    assert uart.read(0x480, 4) == 0


def test_an_interrupt_enable_can_be_taken_back():
    done = program(
        ON + "poke UART+0x304, 0x84\n poke UART+0x308, 0x80\n" + STORE + peek("UART+0x304") + "bx lr"
    )
    done.run()
    assert done.value() == 4
