"""Kinetis K20 and K64: clocks, gates, watchdog, flash controller, ports, UART. Chapters as in the models."""

from dataclasses import replace
from itertools import pairwise

import pytest

from scopeless.board import Board, load_board
from scopeless.errors import FirmwareFault
from scopeless.native import Setting
from support.arm import Program

K20, K64 = load_board("teensy32"), load_board("teensy35")
ADDRESSES = """
.equ FMC, 0x4001F000
.equ SIM, 0x40048000
.equ PORTC, 0x4004B000
.equ WDOG, 0x40052000
.equ MCG, 0x40064000
.equ UART, 0x4006A000
.equ GPIOC, 0x400FF080
.macro pokeh address, value
  ldr r0, =\\address
  ldr r1, =\\value
  strh r1, [r0]
.endm
.macro peekb register, address
  ldr \\register, =\\address
  ldrb \\register, [\\register]
.endm
.macro wait mask, value         // for bits of MCG_S
  ldr r0, =MCG
1: ldrb r1, [r0, #6]
  and r1, #\\mask
  cmp r1, #\\value
  bne 1b
.endm
"""
UNLOCK = "pokeh WDOG+0xE, 0xC520\n pokeh WDOG+0xE, 0xD928\n"
NO_WATCHDOG = UNLOCK + "pokeh WDOG, 0x10\n"
STORE = "ldr r4, =values\n"
TO_FBE = "pokeb MCG+1, 0x24\n pokeb MCG, 0xA0\n wait 2, 2\n wait 0x10, 0\n wait 0xC, 8\n"
FEI_HZ = 32_768 * 640


def to_pee(prdiv: int, vdiv: int, clkdiv: int) -> str:
    """PLL = 16 MHz / prdiv x vdiv; ``clkdiv`` is SIM_CLKDIV1."""
    return (
        TO_FBE
        + f"pokeb MCG+4, {prdiv - 1}\n pokeb MCG+5, {0x40 | vdiv - 24}\n wait 0x20, 0x20\n wait 0x40, 0x40\n"
        f"poke SIM+0x44, {clkdiv}\n pokeb MCG, 0x20\n wait 0xC, 0xC\n"
    )


TO_72_MHZ = to_pee(6, 27, 0x0112_0000)


def program(source: str, board: Board = K20) -> Program:
    return Program(ADDRESSES + source, board=board, strict=True)


def run(source: str, us: float = 5000, board: Board = K20) -> Program:
    result = program(NO_WATCHDOG + STORE + source + "\n bx lr\n", board)
    result.run(us)
    assert result.is_done, result.machine.notes()
    return result


def peek(*addresses: str) -> str:
    return "".join(f"peek r1, {address}\n str r1, [r4], #4\n" for address in addresses)


def peek_byte(*addresses: str) -> str:
    return "".join(f"peekb r1, {address}\n str r1, [r4], #4\n" for address in addresses)


def clocks(done: Program) -> dict[str, int]:
    hz = done.machine.core.system.clocks.hz
    return {name: hz[name] // 1_000_000 for name in ("core", "bus", "flash")}


# Clocks


def test_reset_runs_from_the_fll_on_the_internal_reference():
    done = run(peek_byte("MCG+6"))
    assert done.machine.clock_hz() == FEI_HZ
    assert done.value() == 0x10


@pytest.mark.parametrize(
    ("board", "prdiv", "vdiv", "clkdiv", "expected", "notes"),
    [
        (K20, 6, 27, 0x0112_0000, (72, 36, 24), []),
        (
            K20, 4, 24, 0x0113_0000, (96, 48, 24),
            ["The core clock of 96 MHz is beyond the data sheet's 72 MHz."],
        ),
        (
            K20, 4, 30, 0x0114_0000, (120, 60, 24),
            [
                "The PLL is set to 120 MHz, where the data sheet has 48 to 100 MHz.",
                "The core clock of 120 MHz is beyond the data sheet's 72 MHz.",
                "The bus clock of 60 MHz is beyond the data sheet's 50 MHz.",
            ],
        ),
        (K64, 4, 30, 0x0114_0000, (120, 60, 24), []),
        (
            K64, 4, 42, 0x0225_0000, (168, 56, 28),
            [
                "The PLL is set to 168 MHz, where the data sheet has 48 to 120 MHz.",
                "The core clock of 168 MHz is beyond the data sheet's 120 MHz.",
                "The flash clock of 28 MHz is beyond the data sheet's 25 MHz.",
            ],
        ),
    ],
)  # fmt: skip
def test_the_pll_s_clocks_and_what_is_beyond_the_data_sheet(board, prdiv, vdiv, clkdiv, expected, notes):
    done = run(to_pee(prdiv, vdiv, clkdiv), board=board)
    assert tuple(clocks(done).values()) == expected
    assert done.machine.notes() == notes


def test_crystal_and_pll_take_their_times():
    """600 us, then 150 us + 1075 periods of 2.67 MHz: 553 us (data sheet, MCG specifications)."""
    machine = run(TO_72_MHZ).machine
    assert machine._timeline.time_us(machine._clock_changed) == pytest.approx(600 + 553, abs=15)


def test_without_the_dividers_bus_and_flash_run_too_fast():
    notes = run(to_pee(6, 27, 0x0011_0000)).machine.notes()
    assert notes == [
        "The bus clock of 72 MHz is beyond the data sheet's 50 MHz.",
        "The flash clock of 36 MHz is beyond the data sheet's 25 MHz.",
    ]


def test_the_crystal_is_used_directly_and_divided_for_the_fll():
    assert run(TO_FBE).machine.clock_hz() == 16_000_000
    fee = TO_FBE + "pokeb MCG, 0x20\n wait 0xC, 0\n"  # the FLL on 16 MHz / 512
    assert run(fee).machine.clock_hz() == 16_000_000 // 512 * 640
    assert run(fee + "pokeb MCG+3, 0x20\n").machine.clock_hz() == 16_000_000 // 512 * 1280


def test_internal_references_can_be_the_clock():
    assert run("pokeb MCG, 0x44\n").machine.clock_hz() == 32_768
    assert run("pokeb MCG, 0x44\n pokeb MCG+1, 0x81\n").machine.clock_hz() == 2_000_000  # FCRDIV: / 2


def test_without_a_crystal_it_never_gets_ready():
    options = {"vco_mhz": [48, 100]}
    peripherals = tuple(replace(p, options=options) if p.name == "mcg" else p for p in K20.peripherals)
    waiting = program(NO_WATCHDOG + TO_FBE + "bx lr", replace(K20, peripherals=peripherals))
    waiting.run(5000)
    assert not waiting.is_done
    assert waiting.machine.clock_hz() == FEI_HZ


def test_dividers_that_the_manual_forbids_are_noted():
    (note,) = run("poke SIM+0x44, 0x12030000\n").machine.notes()
    assert note.startswith("SIM_CLKDIV1 divides core, bus and flash clock by 2, 3 and 4;")


# Gates


def test_a_port_without_its_clock_is_a_bus_error():
    failing = program(NO_WATCHDOG + "poke PORTC+0xC, 0x100\n bx lr")
    with pytest.raises(FirmwareFault, match="0x4004b00c"):
        failing.run()
    assert failing.machine.notes() == [
        "The firmware uses portc while its clock is off (bit 11 of SIM_SCGC5), a bus error on silicon."
    ]


# Watchdog


def test_the_watchdog_must_be_unlocked_within_256_bus_cycles_of_reset():
    late = program("movs r0, #100\n 1: subs r0, #1\n bne 1b\n" + NO_WATCHDOG + "b .")
    late.run(100)
    assert late.machine.notes() == [
        "The watchdog was not unlocked within 256 bus cycles of reset, and has reset the chip."
    ]


def test_after_unlocking_it_must_be_configured():
    half = program(UNLOCK + "b .")
    half.run(100)
    assert half.machine.notes() == [
        "The watchdog was unlocked, but not configured within 256 bus cycles, and has reset the chip."
    ]


def test_a_wrong_or_slow_sequence_resets():
    expected = "The watchdog got a wrong or late unlock or refresh sequence, and has reset the chip."
    for source in (
        "pokeh WDOG+0xE, 0xC520\n pokeh WDOG+0xE, 0x1234\n b .",
        "pokeh WDOG+0xE, 0xC520\n" + "nop\n" * 40 + "pokeh WDOG+0xE, 0xD928\n b .",
    ):
        wrong = program(source)
        wrong.run(5)
        assert wrong.machine.notes() == [expected]


def test_disabled_it_stays_quiet_and_locked():
    done = run("pokeh WDOG, 1\n ldr r0, =WDOG\n ldrh r1, [r0]\n str r1, [r4]\n", us=5e6)
    assert done.value() == 0x10
    assert done.machine.notes() == []


def test_enabled_it_times_out_by_its_bus_clock_and_refreshing_holds_it_off():
    """TOVAL 0x4C4B4C x 5 (PRESC) at 20.97 MHz: 1.19 s."""
    keep = UNLOCK + "pokeh WDOG, 0x1D3\n"
    idle = program(keep + "1: wfi\n b 1b")
    idle.run(1.18e6)
    assert idle.machine.notes() == []
    idle.run(0.02e6)
    assert idle.machine.notes() == ["The watchdog timed out, and has reset the chip."]
    refreshed = program(
        keep + "poke SYST_RVR, 0xFFFFFF\n poke SYST_CSR, 7\n 1: wfi\n b 1b\n"
        "handler systick\n pokeh WDOG+0xC, 0xA602\n pokeh WDOG+0xC, 0xB480\n bx lr\n"
    )  # every 0.8 s
    refreshed.run(4e6)
    assert refreshed.machine.notes() == []


# Flash controller


def settings_after(source: str, board: Board = K20) -> dict[Setting, int]:
    seen: dict[Setting, int] = {}
    done = program(NO_WATCHDOG + source + "bx lr", board)
    system, forward = done.machine.core.system, done.machine.core.timing.set
    system.timing = lambda setting, value: (seen.update({setting: value}), forward(setting, value))[1]
    done.run(5000)
    assert done.is_done
    return seen


def test_the_control_register_shows_ratio_and_width_and_sets_the_timing():
    assert run(TO_72_MHZ + peek("FMC+4")).value() == 0x2002_001F
    assert run(to_pee(4, 30, 0x0114_0000) + peek("FMC+4"), board=K64).value() == 0x4004_001F
    assert settings_after("poke FMC+4, 0x00F8000A\n") == {
        Setting.FLASH_INVALIDATE: 3,
        Setting.FLASH_LINE_BUFFER: 0,
        Setting.FLASH_PREFETCH: 1,
        Setting.FLASH_DATA_PREFETCH: 0,
        Setting.FLASH_ICACHE: 1,
        Setting.FLASH_DCACHE: 0,
    }


def test_the_dividers_set_the_ratios():
    seen = settings_after(to_pee(4, 42, 0x0225_0000), K64)
    assert (seen[Setting.FLASH_RATIO], seen[Setting.APB1_DIVIDER]) == (6, 3)


def test_without_cache_and_buffers_every_fetch_waits():
    counter = "poke DEMCR, 0x01000000\n poke DWT_CTRL, 1\n ldr r6, =DWT_CYCCNT\n"
    loop = (
        "movs r0, #100\n ldr r5, [r6]\n 1: subs r0, #1\n bne 1b\n ldr r7, [r6]\n subs r7, r5\n str r7, [r4]\n"
    )
    with_all, with_none = (
        run(TO_72_MHZ + f"poke FMC+4, {enables}\n" + counter + loop).value() for enables in (0x1F, 0)
    )
    assert with_all < 100 * 3 + 20  # subs, bne: 3 cycles (Teensyduino, delayMicroseconds)
    assert with_none > 100 * 3 + 100 * 3  # and at least one read of three cycles


# Ports

PORTC_ON = "poke SIM+0x38, 0x00040982\n"
OUTPUT = PORTC_ON + "poke PORTC+0xC, 0x100\n poke GPIOC+0x14, 8\n"


def levels(source: str) -> list[int]:
    return [edge.level for edge in program(NO_WATCHDOG + source + "\n bx lr").run(1000).edges]


def test_set_clear_toggle_and_output_registers_make_edges():
    assert levels(
        OUTPUT
        + "poke GPIOC+4, 8\n poke GPIOC+4, 0xF8\n poke GPIOC+8, 8\n poke GPIOC+0xC, 8\n poke GPIOC, 0\n"
    ) == [1, 0, 1, 0]


def test_a_pin_is_the_port_s_when_its_pad_says_so():
    high = PORTC_ON + "poke GPIOC+0x14, 8\n poke GPIOC+4, 8\n"
    assert levels(high) == []
    assert levels(high + "poke PORTC+0xC, 0x300\n") == []
    assert levels(high + "poke PORTC+0xC, 0x100\n") == [1]


def test_many_pads_can_be_set_at_once_and_locked():
    done = run(
        PORTC_ON + "poke PORTC+0x80, 0x00180143\n poke PORTC+0xC, 0x8103\n poke PORTC+0xC, 0\n"
        + peek("PORTC+0xC", "PORTC+0x10", "PORTC+0x14")
    )  # fmt: skip
    assert done.values(3) == [0x8103, 0x143, 0]


def test_input_data_shows_outputs_and_what_is_applied_from_outside():
    reading = program(
        NO_WATCHDOG
        + STORE
        + OUTPUT
        + "poke PORTC+4, 0x100\n poke GPIOC+4, 8\n"
        + peek("GPIOC+0x10")
        + "bx lr"
    )
    reading.machine.core.system.pins.inputs.update(PTC1=1, PTC2=1)  # PTC2's pad is off
    reading.run()
    assert reading.value() == 0b1010


# UART

DIVIDER = 182  # in 16ths of a clock per bit: FEI / (16 x 11.375) = 115 228 baud
FRAME = 10 * DIVIDER
ON = (
    "poke SIM+0x34, 0xF0100430\n pokeb UART, 0\n pokeb UART+0xA, 12\n pokeb UART+1, 11\n pokeb UART+3, 0x0C\n"
)
COUNTER_ON = "poke DEMCR, 0x01000000\n poke DWT_CTRL, 1\n"


def stamped(source: str, board: Board = K64) -> tuple[Program, list[int]]:
    sender = program(NO_WATCHDOG + ON + "ldr r0, =UART\n" + source, board)
    stamps: list[int] = []
    uart = sender.machine._uart
    forward = uart.on_byte
    uart.on_byte = lambda cycle, byte: (stamps.append(cycle), forward(cycle, byte))[1]
    return sender, stamps


def test_a_line_arrives_byte_by_byte_at_the_line_s_speed():
    send = "".join(
        f"1: ldrb r1, [r0, #4]\n tst r1, #0x80\n beq 1b\n movs r1, #{byte}\n strb r1, [r0, #7]\n"
        for byte in b"Hi\r\n"
    )
    sender, stamps = stamped(send + "bx lr")
    assert sender.machine.run(for_us=1000, until_line="^Hi$").stop == "line"
    assert [b - a for a, b in pairwise(stamps)] == [FRAME] * 3
    assert sender.machine.notes() == []


def test_the_fifo_takes_eight_bytes_and_one_more_in_the_shift_register():
    fill = "pokeb UART+3, 0\n pokeb UART+0x10, 0x88\n pokeb UART+3, 0x0C\n ldr r0, =UART\n movs r1, #'x'\n"
    source = fill + "strb r1, [r0, #7]\n" * 9
    sender, stamps = stamped(
        source + "ldr r4, =values\n" + peek_byte("UART+0x12", "UART+0x14", "UART+0x10") + "bx lr"
    )
    sender.run(2000)
    overflow, count, parameters = sender.values(3)
    assert (overflow & 2, count, parameters) == (2, 8, 0xAA)  # the idle frame still had the shift register
    assert len(stamps) == 8
    assert [b - a for a, b in pairwise(stamps)] == [FRAME] * 7


def test_the_transmit_watermark_raises_the_flag():
    source = (
        "pokeb UART+3, 0\n pokeb UART+0x10, 0x88\n pokeb UART+0x13, 2\n pokeb UART+3, 0x0C\n ldr r0, =UART\n"
        "ldr r4, =values\n" + ("strb r0, [r0, #7]\n ldrb r1, [r0, #4]\n str r1, [r4], #4\n") * 4
    )
    sender, _ = stamped(source + "bx lr")
    sender.run(20)
    assert [flags >> 7 for flags in sender.values(4)] == [1, 1, 0, 0]


RECEIVE = """
  pokeb UART+3, 0x2C         // RIE
  poke ISER, 0x80000000      // IRQ 31
1: wfi
  b 1b
handler irq31
  ldr r0, =UART
  ldrb r1, [r0, #4]
  ldrb r1, [r0, #7]
  stamp
  bx lr
"""


def test_received_bytes_interrupt_one_frame_apart():
    receiver = program(NO_WATCHDOG + COUNTER_ON + ON + STORE + RECEIVE, K64)
    receiver.run(100)
    receiver.machine.uart_send(b"abc")
    receiver.run(500)
    a, at_a, b, at_b, c, at_c = receiver.values(6)
    assert bytes([a, b, c]) == b"abc"
    line_frame = round(10 * FEI_HZ / 115200)
    assert abs(at_b - at_a - line_frame) <= 20
    assert abs(at_c - at_b - line_frame) <= 20


def test_an_overrun_loses_the_new_byte_and_is_cleared_by_reading_status_and_data():
    late = program(
        NO_WATCHDOG + ON + STORE + "ldr r0, =8000\n 1: subs r0, #1\n bne 1b\n"
        + peek_byte("UART+4", "UART+7", "UART+4") + "bx lr",
        K64,
    )  # fmt: skip
    late.run(100)
    late.machine.uart_send(b"xyz")
    late.run(5000)
    before, data, after = late.values(3)
    assert (before & 0x38, data, after & 0x38) == (0x38, ord("x"), 0)  # RDRF, IDLE, OR


def test_the_receive_fifo_keeps_eight_bytes():
    source = (
        "pokeb UART+3, 0\n pokeb UART+0x10, 0x88\n pokeb UART+3, 0x0C\n ldr r4, =values\n"
        "ldr r0, =20000\n 1: subs r0, #1\n bne 1b\n" + peek_byte("UART+4", "UART+0x16", "UART+7", "UART+7")
    )
    receiver, _ = stamped(source + "bx lr")
    receiver.run(50)
    receiver.machine.uart_send(b"abcdefgh")
    receiver.run(8000)
    flags, count, first, second = receiver.values(4)
    assert (flags & 0x28, count, bytes([first, second])) == (0x20, 8, b"ab")


def test_a_wrong_baud_rate_is_noted():
    assert run(ON.replace("UART+1, 11", "UART+1, 12")).machine.notes() == [
        "uart0 is set to 105917 baud, -8.1% off the line's 115200; a real receiver would read garbage."
    ]
