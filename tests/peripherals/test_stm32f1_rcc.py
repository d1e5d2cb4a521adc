"""Clock control: ready bits, the clock tree, and what it tells the user. RM0008 section 7."""

from dataclasses import replace

import pytest

from scopeless.board import load_board
from support.arm import Program, board_with, run

TO_72_MHZ = """
  poke FLASH_ACR, 0x12
  poke RCC, 0x00010083            // HSEON
  ldr r0, =RCC
1: ldr r1, [r0]
  tst r1, #0x20000
  beq 1b
  poke RCC+4, 0x001D0400          // PLL = HSE x 9, APB1 / 2
  poke RCC, 0x01010083            // PLLON
  ldr r0, =RCC
1: ldr r1, [r0]
  tst r1, #0x2000000
  beq 1b
  poke RCC+4, 0x001D0402
"""


def clock_after(source: str, board=None) -> Program:
    program = Program(source + "\n bx lr\n", board=board)
    program.run(3000)
    return program


def test_reset_runs_from_the_internal_oscillator():
    program = run("peek r1, RCC\n ldr r0, =values\n str r1, [r0]\n bx lr")
    assert program.machine.clock_hz() == 8_000_000
    assert program.value() == 0x83


def test_the_pll_brings_72_mhz_with_half_of_it_on_apb1():
    program = clock_after(TO_72_MHZ)
    assert program.machine.clock_hz() == 72_000_000
    assert program.machine.core.system.clocks.hz == {
        "sysclk": 72_000_000, "core": 72_000_000, "pclk1": 36_000_000, "pclk2": 72_000_000,
        "timclk1": 72_000_000, "timclk2": 72_000_000,
    }  # fmt: skip
    assert program.machine.notes() == []


def test_hse_and_pll_take_their_start_up_times():
    """ST DS5319: 2 ms for the crystal, 200 us for the PLL; time is counted through the change of clock."""
    program = clock_after(TO_72_MHZ)
    timeline = program.machine._timeline
    assert 2200 < timeline.time_us(program.machine._clock_changed) < 2215


def test_a_budget_in_microseconds_holds_through_clock_changes():
    program = Program(TO_72_MHZ + "bx lr")
    result = program.run(3000)
    assert program.machine.time_us(result.cycle) == pytest.approx(3000, abs=0.1)


def test_ahb_prescaler_divides_the_core_clock():
    program = clock_after("poke RCC+4, 0x80")
    assert program.machine.clock_hz() == 4_000_000


def test_pll_from_the_halved_internal_oscillator():
    program = clock_after(
        "poke FLASH_ACR, 0x12\n poke RCC+4, 0x003C0000\n poke RCC, 0x01000083\n poke RCC+4, 0x003C0002"
    )
    assert program.machine.clock_hz() == 64_000_000


def test_pll_factors_cannot_be_changed_while_it_runs():
    program = run(
        TO_72_MHZ + "poke RCC+4, 0x00010402\n peek r1, RCC+4\n ldr r0, =values\n str r1, [r0]\n bx lr",
        us=4000,
    )
    assert program.value() == 0x001D_040A


def test_the_clock_in_use_cannot_be_switched_off():
    program = run(TO_72_MHZ + "poke RCC, 0\n peek r1, RCC\n ldr r0, =values\n str r1, [r0]\n bx lr", us=4000)
    assert program.value() & 0x0303_0000 == 0x0303_0000
    assert program.machine.clock_hz() == 72_000_000


def test_without_a_crystal_hse_never_gets_ready():
    board = load_board("stm32f103")
    peripherals = tuple(replace(p, options={}) if p.model == "stm32f1.rcc" else p for p in board.peripherals)
    program = clock_after(TO_72_MHZ, board_with(peripherals=peripherals))
    assert not program.is_done
    assert program.machine.clock_hz() == 8_000_000


def test_too_few_wait_states_are_noted():
    program = clock_after(TO_72_MHZ.replace("FLASH_ACR, 0x12", "FLASH_ACR, 0x11"))
    assert program.machine.notes() == [
        "The flash is set to 1 wait states at 72 MHz, where RM0008 3.3.3 asks for 2; the real chip may read "
        "wrong instructions."
    ]


def test_an_overclock_is_noted():
    program = clock_after(TO_72_MHZ.replace("0x001D", "0x0039"))
    assert program.machine.clock_hz() == 128_000_000
    assert program.machine.notes() == ["The core clock of 128 MHz is beyond the data sheet's 72 MHz."]


def test_a_peripheral_without_its_clock_reads_zero_and_is_noted_once():
    program = run(
        """
          ldr r2, =values
          peek r1, GPIOB
          str r1, [r2]
          poke GPIOB+0xC, 0x55
          poke RCC+0x18, 8
          peek r1, GPIOB
          str r1, [r2, #4]
          peek r1, GPIOB+0xC
          str r1, [r2, #8]
          bx lr
        """
    )
    assert program.values(3) == [0, 0x4444_4444, 0]
    assert program.machine.notes() == [
        "The firmware uses gpiob while its clock is off (bit 3 of APB2ENR); reads give 0 and writes are "
        "ignored, as on silicon."
    ]


def test_the_reset_register_resets_a_peripheral():
    program = run(
        """
          poke RCC+0x18, 8
          poke GPIOB+0xC, 0x55
          poke RCC+0xC, 8
          poke RCC+0xC, 0
          peek r1, GPIOB+0xC
          ldr r2, =values
          str r1, [r2]
          bx lr
        """
    )
    assert program.value() == 0
