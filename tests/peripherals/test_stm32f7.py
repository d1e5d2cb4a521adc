"""STM32F7: clocks, power, flash interface, ports, USART. ST RM0385."""

from dataclasses import replace
from itertools import pairwise

import pytest

from scopeless.board import load_board
from scopeless.native import Setting
from support.arm import Program

DISCOVERY = load_board("stm32f746")
ADDRESSES = """
.equ RCC7, 0x40023800
.equ FLASH7, 0x40023C00
.equ PWR7, 0x40007000
.equ PORTG, 0x40021800
.equ SERIAL1, 0x40011000
.macro wait address, flag
  ldr r0, =\\address
  ldr r2, =\\flag
1: ldr r1, [r0]
  tst r1, r2
  beq 1b
.endm
"""
STORE = "ldr r4, =values\n"
PLL = "poke RCC7+4, {settings:#x}\n poke RCC7, 0x01000083\n wait RCC7, 0x02000000\n"
OVER_DRIVE = (
    "poke RCC7+0x40, 0x10000000\n"
    "poke PWR7, 0x1C000\n wait PWR7+4, 0x10000\n poke PWR7, 0x3C000\n wait PWR7+4, 0x20000\n"
)
SWITCH = "poke RCC7+8, {prescalers:#x}\n wait RCC7+8, 0x8\n"
HSI_216 = 8 | 216 << 6 | 2 << 24  # 16 MHz / 8 * 216 / 2
APB_4_2 = 5 << 10 | 4 << 13 | 2


def program(source: str, board=DISCOVERY) -> Program:
    return Program(ADDRESSES + source, board=board, strict=True)


def run(source: str, us: float = 10_000, board=DISCOVERY) -> Program:
    done = program(STORE + source + "\n bx lr\n", board)
    done.run(us)
    assert done.is_done, done.machine.notes()
    return done


def peek(*addresses: str) -> str:
    return "".join(f"peek r1, {address}\n str r1, [r4], #4\n" for address in addresses)


def to_216_mhz(wait_states: int = 7, prescalers: int = APB_4_2, over_drive: str = OVER_DRIVE) -> str:
    return (
        PLL.format(settings=HSI_216)
        + over_drive
        + f"poke FLASH7, {wait_states}\n"
        + SWITCH.format(prescalers=prescalers)
    )


def setting_of(done: Program) -> dict[Setting, int]:
    """What the registers tell the timing core when they are applied once more."""
    told: dict[Setting, int] = {}
    interface = done.machine.core.peripherals["flash_interface"]
    interface.system.timing = lambda setting, value: told.update({setting: value})
    interface.apply()
    return told


# Clocks


def test_reset_runs_from_the_16_mhz_oscillator_at_the_vectors_of_the_itcm_side():
    done = run(peek("RCC7", "RCC7+4", "VTOR"))
    assert done.machine.clock_hz() == 16_000_000
    assert done.values(3) == [0x83, 0x2400_3010, 0x0020_0000]


def test_the_pll_brings_216_mhz_with_half_and_a_quarter_of_it_on_the_buses():
    done = run(to_216_mhz())
    hz = done.machine.core.system.clocks.hz
    assert [hz[name] for name in ("sysclk", "core", "pclk1", "pclk2")] == [
        216_000_000,
        216_000_000,
        54_000_000,
        108_000_000,
    ]
    assert (hz["usart1"], hz["usart2"], hz["usart6"]) == (108_000_000, 54_000_000, 108_000_000)
    assert done.machine.notes() == []


def test_the_crystal_gives_the_same_after_its_start_up_time():
    """25 MHz / 25 * 432 / 2."""
    start = "poke RCC7, 0x00010083\n wait RCC7, 0x20000\n"
    settings = 25 | 432 << 6 | 1 << 22 | 9 << 24
    pll = f"poke RCC7+4, {settings:#x}\n poke RCC7, 0x01010083\n wait RCC7, 0x02000000\n"
    done = run(start + pll + OVER_DRIVE + "poke FLASH7, 7\n" + SWITCH.format(prescalers=APB_4_2))
    assert done.machine.clock_hz() == 216_000_000
    assert done.machine.time_us(done.machine._clock_changed) > 2000


def test_pll_settings_cannot_be_changed_while_it_runs_and_the_clock_in_use_stays_on():
    done = run(to_216_mhz() + "poke RCC7+4, 0\n poke RCC7, 0\n" + peek("RCC7+4", "RCC7"))
    settings, control = done.values(2)
    assert settings & 0x00FF_FFFF == HSI_216 & 0x00FF_FFFF
    assert control & 0x0300_0003 == 0x0300_0003
    assert done.machine.clock_hz() == 216_000_000


def test_a_uart_s_clock_can_be_another_than_its_bus():
    done = run(to_216_mhz() + "poke RCC7+0x90, 0x00000802\n")  # USART6: HSI, USART1: HSI
    hz = done.machine.core.system.clocks.hz
    assert (hz["usart1"], hz["usart6"], hz["usart2"]) == (16_000_000, 16_000_000, 54_000_000)


def test_without_over_drive_180_mhz_are_the_limit():
    done = run(to_216_mhz(over_drive=""))
    assert done.machine.notes() == [
        "The core clock of 216 MHz is beyond the data sheet's 180 MHz without over-drive."
    ]


def test_over_drive_needs_its_steps_in_order():
    done = run(
        "poke RCC7+0x40, 0x10000000\n poke PWR7, 0x3C000\n"
        + peek("PWR7+4")
        + "ldr r0, =1000\n1: subs r0, #1\n bne 1b\n"
        + peek("PWR7+4")
    )
    at_once, later = done.values(2)
    assert at_once == 0x4000
    assert later == 0x1_4000


def test_buses_beyond_their_limits_are_noted():
    done = run(to_216_mhz(prescalers=2))
    assert done.machine.notes() == [
        "PCLK1 runs at 216 MHz, beyond the data sheet's 54 MHz.",
        "PCLK2 runs at 216 MHz, beyond the data sheet's 108 MHz.",
    ]


@pytest.mark.parametrize("wait_states", [0, 5, 6])
def test_too_few_wait_states_are_noted(wait_states):
    done = run(to_216_mhz(wait_states))
    assert done.machine.notes() == [
        f"The flash is set to {wait_states} wait states at 216 MHz, where RM0385 3.3.2 asks for 7; the real "
        "chip may read wrong instructions."
    ]


def test_a_port_without_its_clock_is_noted():
    done = run("poke PORTG+0x14, 1\n" + peek("PORTG+0x14"))
    assert done.value() == 0
    assert done.machine.notes() == [
        "The firmware uses gpiog while its clock is off (bit 6 of AHB1ENR); reads give 0 and writes are "
        "ignored, as on silicon."
    ]


def test_the_reset_register_resets_a_port():
    done = run("poke RCC7+0x30, 0x40\n poke PORTG+0x14, 1\n poke RCC7+0x10, 0x40\n" + peek("PORTG+0x14"))
    assert done.value() == 0


# Flash interface


def test_the_flash_interface_tells_the_timing_core():
    assert setting_of(run("poke FLASH7, 0x307\n")) == {
        Setting.FLASH_WAIT_STATES: 7,
        Setting.FLASH_PREFETCH: 1,
        Setting.FLASH_ICACHE: 1,
    }


def test_itcm_and_axi_side_are_the_same_flash():
    done = run(
        "ldr r0, =0x08000000\n ldr r1, [r0]\n ldr r0, =0x00200000\n ldr r2, [r0]\n strd r1, r2, [r4]\n"
    )
    assert done.value(0) == done.value(1) != 0


# Ports

OUTPUT = "poke RCC7+0x30, 0x40\n poke PORTG, 0x4000\n"  # PG7


def levels(source: str) -> list[int]:
    return [edge.level for edge in program(source + "\n bx lr").run().edges]


def test_odr_and_bsrr_make_edges():
    writes = (
        "poke PORTG+0x14, 0x80\n poke PORTG+0x14, 0\n poke PORTG+0x18, 0x80\n poke PORTG+0x18, 0x800000\n"
    )
    assert levels(OUTPUT + writes) == [1, 0, 1, 0]


def test_set_wins_over_reset_and_the_same_level_is_no_edge():
    assert levels(OUTPUT + "poke PORTG+0x18, 0x00800080\n poke PORTG+0x14, 0x81\n") == [1]


def test_a_latch_makes_no_edge_until_the_pin_becomes_an_output():
    latch = "poke RCC7+0x30, 0x40\n poke PORTG+0x14, 0x80\n"
    assert levels(latch) == []
    assert levels(latch + "poke PORTG, 0x4000\n") == [1]


def test_input_data_shows_outputs_pulls_and_what_is_applied_from_outside():
    source = (
        "poke RCC7+0x30, 0x40\n"
        "poke PORTG, 0x301\n"  # PG0 output, PG4 analog
        "poke PORTG+0xC, 0x104\n"  # PG1 and PG4 pulled up
        "poke PORTG+0x14, 1\n" + peek("PORTG+0x10")
    )
    done = program(STORE + source + "bx lr\n")
    done.machine.core.system.pins.inputs["PG3"] = 1
    done.run()
    assert done.value() == 0b01011


def test_locked_pins_keep_mode_speed_and_function():
    lock = "poke PORTG+0x1C, 0x10001\n poke PORTG+0x1C, 0x00001\n poke PORTG+0x1C, 0x10001\n"
    done = run(
        "poke RCC7+0x30, 0x40\n"
        + lock
        + peek("PORTG+0x1C", "PORTG+0x1C")
        + "poke PORTG, 0xF\n poke PORTG+8, 0xF\n poke PORTG+0x20, 0xFF\n"
        + peek("PORTG", "PORTG+8", "PORTG+0x20")
    )
    assert done.values(5) == [0x1, 0x1_0001, 0xC, 0xC, 0xF0]


# USART

BIT = 139  # 16 MHz / 139 = 115 108 baud
FRAME = 10 * BIT
ON_USART1 = replace(DISCOVERY, uart="usart1")
ON = f"poke RCC7+0x44, 0x10\n poke SERIAL1+0xC, {BIT}\n poke SERIAL1, 0xD\n"
SEND = """
.macro send character
  ldr r0, =SERIAL1
1: ldr r1, [r0, #0x1C]
  tst r1, #0x80
  beq 1b
  movs r1, #\\character
  str r1, [r0, #0x28]
.endm
"""


def serial(source: str) -> Program:
    return Program(ADDRESSES + SEND + source, board=ON_USART1, strict=True)


def test_a_line_arrives_byte_by_byte_at_the_line_s_speed():
    done = serial(ON + "send 'H'\n send 'i'\n send 13\n send 10\n bx lr")
    stamps: list[tuple[int, int]] = []
    uart = done.machine._uart
    forward = uart.on_byte
    uart.on_byte = lambda cycle, byte: (stamps.append((cycle, byte)), forward(cycle, byte))[1]
    result = done.machine.run(for_us=1000, until_line="^Hi$")
    assert result.stop == "line"
    assert bytes(byte for _, byte in stamps) == b"Hi\r\n"
    assert [b - a for (a, _), (b, _) in pairwise(stamps)] == [FRAME] * 3


def test_a_frame_lasts_as_long_behind_a_bus_divider_or_with_oversampling_by_8():
    """BRR counts clocks of the USART; with OVER8 half of its lower four bits."""
    slow = ON.replace("poke SERIAL1+0xC, 139", "poke RCC7+8, 0x8000\n poke SERIAL1+0xC, 69")  # PCLK2: 8 MHz
    over_8 = ON.replace("SERIAL1+0xC, 139", "SERIAL1+0xC, 0x113").replace("SERIAL1, 0xD", "SERIAL1, 0x800D")
    for source, frame in ((slow, 1380), (over_8, 1390)):
        done = serial(source + "bx lr")
        done.run()
        assert done.machine._uart.frame_cycles() == frame


def test_flags_go_with_the_transmit_register_and_the_enables():
    past_the_idle_frame = "ldr r0, =6000\n1: subs r0, #1\n bne 1b\n"
    two_bytes = """
      ldr r0, =SERIAL1
      movs r1, #'x'
      str r1, [r0, #0x28]
      ldr r2, [r0, #0x1C]
      str r1, [r0, #0x28]
      ldr r3, [r0, #0x1C]
      stmia r4!, {r2, r3}
    1: ldr r2, [r0, #0x1C]
      tst r2, #0x40
      beq 1b
      str r2, [r4], #4
      movs r1, #0x40          // TCCF
      str r1, [r0, #0x20]
      ldr r2, [r0, #0x1C]
      str r2, [r4]
      bx lr
    """
    before = "poke RCC7+0x44, 0x10\n" + peek("SERIAL1+0x1C")
    done = serial(STORE + before + ON + peek("SERIAL1+0x1C") + past_the_idle_frame + two_bytes)
    done.run(20_000)
    assert done.is_done
    acknowledged = 1 << 21
    assert done.values(6) == [
        0xC0,
        0xC0 | acknowledged,
        0x80 | acknowledged,  # the shift register has taken the first byte
        0x00 | acknowledged,  # the second waits
        0xC0 | acknowledged,
        0x80 | acknowledged,  # cleared by ICR
    ]


RECEIVE = """
  poke ISER+4, 0x20          // IRQ 37
  poke SERIAL1, 0x2D         // RXNEIE
1: wfi
  b 1b
handler irq37
  ldr r0, =SERIAL1
  ldr r1, [r0, #0x24]
  stamp
  bx lr
"""


def test_received_bytes_interrupt_one_frame_apart():
    done = serial("poke DEMCR, 0x01000000\n poke DWT_CTRL, 1\n" + STORE + ON + RECEIVE)
    done.run(200)
    done.machine.uart_send(b"abc")
    done.run(500)
    a, at_a, b, at_b, c, at_c = done.values(6)
    assert bytes([a, b, c]) == b"abc"
    line_frame = round(10 * 16_000_000 / 115200)
    assert at_b - at_a == pytest.approx(line_frame, abs=20)
    assert at_c - at_b == pytest.approx(line_frame, abs=20)


def overrun(cr3: str) -> list[int]:
    read = (
        "ldr r0, =SERIAL1\n ldr r1, [r0, #0x1C]\n str r1, [r4], #4\n ldr r1, [r0, #0x24]\n str r1, [r4], #4\n"
    )
    clear = "movs r1, #0x18\n str r1, [r0, #0x20]\n ldr r1, [r0, #0x1C]\n str r1, [r4]\n bx lr\n"
    done = serial(STORE + cr3 + ON + "ldr r0, =10000\n1: subs r0, #1\n bne 1b\n" + read + clear)
    done.run(100)
    done.machine.uart_send(b"xyz")
    done.run(20_000)
    assert done.is_done
    return done.values(3)


def test_a_byte_that_nobody_read_overruns_the_next_and_keeps_the_first():
    flags, data, after = overrun("")
    assert flags & 0x38 == 0x38  # ORE, IDLE, RXNE
    assert data == ord("x")
    assert after & 0x38 == 0


def test_with_overrun_detection_off_the_newest_byte_stays():
    flags, data, _ = overrun("poke RCC7+0x44, 0x10\n poke SERIAL1+8, 0x1000\n")
    assert flags & 0x28 == 0x20
    assert data == ord("z")


def test_transmit_interrupts_feed_a_whole_message():
    done = serial(
        ON
        + """
          ldr r4, =message
          poke ISER+4, 0x20
          poke SERIAL1, 0x8D      // TXEIE
        1: wfi
          b 1b
        message: .asciz "By interrupt\\n"
        .balign 4
        handler irq37
          ldr r0, =SERIAL1
          ldrb r1, [r4], #1
          cbz r1, 1f
          str r1, [r0, #0x28]
          bx lr
        1: movs r1, #0x0D
          str r1, [r0]
          bx lr
        """
    )
    result = done.machine.run(for_us=5000, until_line="interrupt")
    assert result.stop == "line"
    assert done.run(1000).lines == []


def test_the_divider_can_be_changed_only_while_the_usart_is_off():
    done = serial(
        STORE
        + ON
        + "poke SERIAL1+0xC, 1\n"
        + peek("SERIAL1+0xC")
        + "poke SERIAL1, 0\n poke SERIAL1+0xC, 16\n"
        + peek("SERIAL1+0xC")
        + "bx lr\n"
    )
    done.run()
    assert done.values(2) == [BIT, 16]


def test_switching_the_usart_off_drops_what_it_was_sending():
    done = serial(ON + "send 'x'\n send 10\n poke SERIAL1, 0\n bx lr")
    assert done.run(1000).lines == []


@pytest.mark.parametrize(("divider", "baud", "error"), [(145, 110345, "-4.2%"), (1667, 9598, "-91.7%")])
def test_a_wrong_baud_rate_is_noted(divider, baud, error):
    done = serial(ON.replace("SERIAL1+0xC, 139", f"SERIAL1+0xC, {divider}") + "bx lr")
    done.run()
    assert done.machine.notes() == [
        f"usart1 is set to {baud} baud, {error} off the line's 115200; a real receiver would read garbage."
    ]
