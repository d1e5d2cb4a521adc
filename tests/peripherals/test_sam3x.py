"""SAM3X: clocks, flash controllers, ports, UART, watchdog. Atmel 11057 (SAM3X/SAM3A data sheet)."""

from dataclasses import replace
from itertools import pairwise

import pytest

from scopeless.board import Board, load_board
from scopeless.native import Setting
from support.arm import Program

DUE = load_board("arduino_due")
ADDRESSES = """
.equ PMC, 0x400E0600
.equ UART, 0x400E0800
.equ EEFC0, 0x400E0A00
.equ PIOA, 0x400E0E00
.equ PIOC, 0x400E1200
.equ RSTC, 0x400E1A00
.equ WDT, 0x400E1A50
.macro wait flag                // for a bit of PMC_SR
  ldr r0, =PMC+0x68
  ldr r2, =\\flag
1: ldr r1, [r0]
  tst r1, r2
  beq 1b
.endm
"""
NO_WATCHDOG = "poke WDT+4, 0x8000\n"
STORE = "ldr r4, =values\n"
CRYSTAL = "poke PMC+0x20, 0x00370809\n wait 1\n poke PMC+0x20, 0x01370809\n wait 0x10000\n"
TO_84_MHZ = (
    "poke EEFC0, 0x400\n"
    + CRYSTAL
    + "poke PMC+0x28, 0x200D3F01\n wait 2\n"  # PLLA: 12 MHz x 14
    + "poke PMC+0x30, 0x11\n wait 8\n poke PMC+0x30, 0x12\n wait 8\n"
)


def program(source: str, board: Board = DUE) -> Program:
    return Program(ADDRESSES + source, board=board, strict=True)


def run(source: str, us: float = 10_000, board: Board = DUE) -> Program:
    result = program(NO_WATCHDOG + STORE + source + "\n bx lr\n", board)
    result.run(us)
    assert result.is_done, result.machine.notes()
    return result


def peek(*addresses: str) -> str:
    return "".join(f"peek r1, {address}\n str r1, [r4], #4\n" for address in addresses)


# Clocks


def test_reset_runs_from_the_4_mhz_oscillator():
    done = run(peek("PMC+0x30", "PMC+0x68"))
    assert done.machine.clock_hz() == 4_000_000
    assert done.values(2) == [1, 0x0003_0008]  # main clock; MOSCRCS, MOSCSELS, MCKRDY


def test_plla_brings_84_mhz_without_notes():
    done = run(TO_84_MHZ)
    assert done.machine.clock_hz() == 84_000_000
    assert done.machine.notes() == []


def test_crystal_and_pll_take_the_slow_clocks_that_the_firmware_gives():
    """MOSCXTST 8 x 8 and PLLACOUNT 63 cycles of 32 kHz: 2 ms and 1.97 ms."""
    done = run(TO_84_MHZ)
    machine = done.machine
    assert machine._timeline.time_us(machine._clock_changed) == pytest.approx(2000 + 1969, abs=40)


def test_without_its_key_the_oscillator_register_keeps_its_value():
    assert run("poke PMC+0x20, 0x00000801\n" + peek("PMC+0x20")).value() == 0x8


def test_without_a_crystal_it_never_gets_ready():
    peripherals = tuple(replace(p, options={}) if p.name == "pmc" else p for p in DUE.peripherals)
    waiting = program(NO_WATCHDOG + CRYSTAL + "bx lr", replace(DUE, peripherals=peripherals))
    waiting.run(10_000)
    assert not waiting.is_done


def test_the_master_clock_waits_for_a_source_that_is_not_ready():
    source = CRYSTAL + "poke PMC+0x28, 0x200D3F01\n poke PMC+0x30, 0x12\n" + peek("PMC+0x68")
    done = program(NO_WATCHDOG + STORE + source + "b .")
    done.run(2500)
    assert done.value() & 8 == 0
    assert done.machine.clock_hz() == 12_000_000
    done.run(3000)
    assert done.machine.clock_hz() == 84_000_000


def test_the_prescaler_divides_the_core_clock():
    assert run("poke PMC+0x30, 0x71\n").machine.clock_hz() == 4_000_000 // 3


def test_an_overclock_is_noted():
    done = run(TO_84_MHZ.replace("0x200D3F01", "0x200F3F01"))
    assert done.machine.clock_hz() == 96_000_000
    assert done.machine.notes() == ["The core clock of 96 MHz is beyond the data sheet's 84 MHz."]


# Flash


def test_too_few_wait_states_are_noted():
    done = run(TO_84_MHZ.replace("EEFC0, 0x400", "EEFC0, 0x300"))
    assert done.machine.notes() == [
        "The flash is set to 3 wait states at 84 MHz, where the chip's header (CHIP_FREQ_FWS) asks for 4; "
        "the real chip may read wrong instructions."
    ]


def test_the_mode_register_sets_the_flash_s_timing():
    seen: dict[Setting, int] = {}
    done = program(NO_WATCHDOG + "poke EEFC0, 0x01010400\n bx lr")
    forward = done.machine.core.timing.set
    done.machine.core.system.timing = lambda setting, value: (
        seen.update({setting: value}),
        forward(setting, value),
    )[1]
    done.run()
    assert seen == {Setting.FLASH_WAIT_STATES: 4, Setting.FLASH_PREFETCH: 0, Setting.FLASH_WIDTH: 8}


def test_wait_states_cost_cycles():
    counter = "poke DEMCR, 0x01000000\n poke DWT_CTRL, 1\n"
    loop = (
        "ldr r6, =DWT_CYCCNT\n ldr r5, [r6]\n"
        + "nop.w\n" * 64
        + "ldr r7, [r6]\n subs r7, r5\n str r7, [r4]\n"
    )
    fast, slow = (run(f"poke EEFC0, {fws << 8}\n" + counter + loop).value() for fws in (0, 4))
    assert fast < 75
    assert slow >= 64 * 4 / 16 * 5  # 16 bytes each five cycles


# Ports

OUTPUT = "poke PIOC+0x10, 0x00200000\n"  # PC21


def levels(source: str) -> list[int]:
    return [edge.level for edge in program(NO_WATCHDOG + source + "\n bx lr").run(2000).edges]


def test_set_and_clear_registers_make_edges():
    assert levels(
        OUTPUT + "poke PIOC+0x30, 0x00200000\n poke PIOC+0x30, 0x00200000\n poke PIOC+0x34, 0xFFFFFFFF\n"
    ) == [1, 0]


def test_a_level_shows_when_the_line_becomes_an_output():
    assert levels("poke PIOC+0x30, 0x00200000\n") == []
    assert levels("poke PIOC+0x30, 0x00200000\n" + OUTPUT) == [1]


def test_a_line_that_a_peripheral_has_makes_no_edges():
    assert levels("poke PIOC+4, 0x00200000\n" + OUTPUT + "poke PIOC+0x30, 0x00200000\n") == []


def test_odsr_changes_only_lines_whose_writing_is_enabled():
    assert levels(OUTPUT + "poke PIOC+0x38, 0xFFFFFFFF\n") == []
    assert levels(OUTPUT + "poke PIOC+0xA0, 0x00200000\n poke PIOC+0x38, 0xFFFFFFFF\n") == [1]


def test_pin_data_shows_outputs_pull_ups_and_what_is_applied_from_outside():
    waiting = program(
        NO_WATCHDOG + STORE + "poke PIOA+0x10, 1\n poke PIOA+0x30, 1\n"  # PA0 is an output, high
        "poke PIOA+0x60, 0xE\n" + peek("PIOA+0x3C", "PIOA+0x18", "PIOA+0x68") + "bx lr"
    )
    waiting.machine.core.system.pins.inputs["PA2"] = 1
    waiting.run(2000)
    data, outputs, pull_up_off = waiting.values(3)
    assert data & 0x1F == 0b10101
    assert outputs == 1
    assert pull_up_off == 0xE


# UART

BIT = 2 * 16  # 4 MHz / 32 = 125 000 baud
FRAME = 10 * BIT
FAST = replace(DUE, baud=125_000)
ON = "poke PMC+0x10, 0x100\n poke UART+4, 0x800\n poke UART+0x20, 2\n poke UART, 0x50\n"
COUNTER_ON = "poke DEMCR, 0x01000000\n poke DWT_CTRL, 1\n"


def test_a_line_arrives_byte_by_byte_at_the_line_s_speed():
    send = "".join(
        f"1: ldr r1, [r0, #0x14]\n tst r1, #2\n beq 1b\n movs r1, #{byte}\n str r1, [r0, #0x1C]\n"
        for byte in b"Hi\r\n"
    )
    sender = program(NO_WATCHDOG + ON + "ldr r0, =UART\n" + send + "bx lr", FAST)
    stamps: list[int] = []
    uart = sender.machine._uart
    forward = uart.on_byte
    uart.on_byte = lambda cycle, byte: (stamps.append(cycle), forward(cycle, byte))[1]
    result = sender.machine.run(for_us=1000, until_line="^Hi$")
    assert result.stop == "line"
    assert [b - a for a, b in pairwise(stamps)] == [FRAME] * 3
    assert sender.machine.notes() == []


def test_ready_and_empty_tell_the_holding_register_from_the_shift_register():
    done = run(
        ON + peek("UART+0x14") + "poke UART+0x1C, 65\n" + peek("UART+0x14")
        + "poke UART+0x1C, 66\n" + peek("UART+0x14"),
        board=FAST,
    )  # fmt: skip
    assert [value & 0x202 for value in done.values(3)] == [0x202, 0x002, 0]


RECEIVE = """
  poke UART+8, 1             // RXRDY
  poke ISER, 0x100           // IRQ 8
1: wfi
  b 1b
handler irq8
  ldr r0, =UART
  ldr r1, [r0, #0x18]
  stamp
  bx lr
"""


def test_received_bytes_interrupt_one_frame_apart():
    receiver = program(NO_WATCHDOG + COUNTER_ON + ON + STORE + RECEIVE, FAST)
    receiver.run(100)
    receiver.machine.uart_send(b"abc")
    receiver.run(500)
    a, at_a, b, at_b, c, at_c = receiver.values(6)
    assert bytes([a, b, c]) == b"abc"
    assert abs(at_b - at_a - FRAME) <= 6
    assert abs(at_c - at_b - FRAME) <= 6


def test_an_overrun_replaces_the_byte_and_is_cleared_by_a_status_reset():
    late = program(
        NO_WATCHDOG + ON + STORE + "ldr r0, =3000\n 1: subs r0, #1\n bne 1b\n"
        + peek("UART+0x14", "UART+0x18") + "poke UART, 0x100\n" + peek("UART+0x14") + "bx lr",
        FAST,
    )  # fmt: skip
    late.run(100)
    late.machine.uart_send(b"xyz")
    late.run(5000)
    before, data, after = late.values(3)
    assert (before & 0x21, data, after & 0x21) == (0x21, ord("z"), 0)


def test_transmit_interrupts_feed_a_whole_message():
    sender = program(
        NO_WATCHDOG
        + ON
        + """
          ldr r4, =message
          poke ISER, 0x100
          poke UART+8, 2           // TXRDY
        1: wfi
          b 1b
        message: .asciz "By interrupt\\n"
        .balign 4
        handler irq8
          ldr r0, =UART
          ldrb r1, [r4], #1
          cbz r1, 1f
          str r1, [r0, #0x1C]
          bx lr
        1: movs r1, #2
          str r1, [r0, #0xC]
          bx lr
        """,
        FAST,
    )
    assert sender.machine.run(for_us=5000, until_line="interrupt").stop == "line"
    assert sender.run(1000).lines == []


def test_a_wrong_baud_rate_is_noted():
    assert run(ON).machine.notes() == [
        "uart is set to 125000 baud, +8.5% off the line's 115200; a real receiver would read garbage."
    ]


def test_without_its_clock_the_uart_reads_zero_and_is_noted():
    done = run(peek("UART+0x14"))
    assert done.value() == 0
    assert done.machine.notes() == [
        "The firmware uses uart while its clock is off (bit 8 of PMC_PCSR0); reads give 0 and writes are "
        "ignored, as on silicon."
    ]


# Watchdog and reset


def test_the_watchdog_resets_after_16_seconds_unless_it_is_disabled():
    asleep = program("1: wfi\n b 1b")
    asleep.run(15.9e6)
    assert asleep.machine.notes() == []
    asleep.run(0.6e6)
    assert asleep.machine.notes() == [
        "The watchdog has reset the chip; the firmware must disable or restart it."
    ]
    disabled = program(NO_WATCHDOG + "1: wfi\n b 1b")
    disabled.run(40e6)
    assert disabled.machine.notes() == []


def test_the_watchdog_s_mode_can_be_written_once():
    assert run("poke WDT+4, 0x3FFF2FFF\n" + peek("WDT+4")).value() == 0x8000


def test_the_reset_controller_starts_the_firmware_again():
    counting = program(
        NO_WATCHDOG + "ldr r2, =values\n ldr r3, [r2]\n adds r3, #1\n str r3, [r2]\n cmp r3, #3\n beq 1f\n"
        "poke RSTC, 0xA5000005\n b .\n 1: bx lr"
    )
    counting.run()
    assert counting.value() == 3
