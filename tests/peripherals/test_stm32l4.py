"""STM32L4: clocks, voltage ranges, flash interface, and where ports and USART differ. ST RM0351."""

from dataclasses import replace

import pytest

from scopeless.board import load_board
from scopeless.errors import FirmwareFault
from scopeless.native import Setting
from support.arm import Program

NUCLEO = load_board("stm32l476")
ADDRESSES = """
.equ RCC4, 0x40021000
.equ FLASH4, 0x40022000
.equ PWR4, 0x40007000
.equ PORTA, 0x48000000
.equ PORTB, 0x48000400
.equ SERIAL2, 0x40004400
.macro wait address, mask, value
  ldr r0, =\\address
  ldr r2, =\\mask
  ldr r3, =\\value
1: ldr r1, [r0]
  ands r1, r2
  cmp r1, r3
  bne 1b
.endm
"""
STORE = "ldr r4, =values\n"
HSI_ON = "poke RCC4, 0x163\n wait RCC4, 0x400, 0x400\n"
PLL_80 = 2 | 10 << 8 | 1 << 24  # HSI / 1 * 10 / 2
PLL_ON = f"poke RCC4+0xC, {PLL_80:#x}\n poke RCC4, 0x01000163\n wait RCC4, 0x02000000, 0x02000000\n"
SWITCH = "poke RCC4+8, 3\n wait RCC4+8, 0xC, 0xC\n"


def program(source: str, board=NUCLEO) -> Program:
    return Program(ADDRESSES + source, board=board, strict=True)


def run(source: str, us: float = 10_000, board=NUCLEO) -> Program:
    done = program(STORE + source + "\n bx lr\n", board)
    done.run(us)
    assert done.is_done, done.machine.notes()
    return done


def peek(*addresses: str) -> str:
    return "".join(f"peek r1, {address}\n str r1, [r4], #4\n" for address in addresses)


def to_80_mhz(acr: int = 0x704) -> str:
    return HSI_ON + PLL_ON + f"poke FLASH4, {acr:#x}\n" + SWITCH


# Clocks


def test_reset_runs_from_msi_at_4_mhz():
    done = run(peek("RCC4", "RCC4+0xC", "FLASH4"))
    assert done.machine.clock_hz() == 4_000_000
    assert done.values(3) == [0x63, 0x1000, 0x600]


def test_the_pll_brings_80_mhz_to_core_and_buses():
    done = run(to_80_mhz())
    hz = done.machine.core.system.clocks.hz
    assert {hz[name] for name in ("sysclk", "core", "pclk1", "pclk2", "usart2")} == {80_000_000}
    assert done.machine.notes() == []


@pytest.mark.parametrize(("selected", "mhz"), [(0, 0.1), (4, 1), (8, 16), (11, 48)])
def test_msi_has_its_ranges(selected, mhz):
    done = run(f"poke FLASH4, 2\n poke RCC4, {0x0B | selected << 4:#x}\n")
    assert done.machine.clock_hz() == mhz * 1e6


def test_the_range_of_cr_counts_only_when_it_is_selected():
    assert run("poke RCC4, 0xB3\n").machine.clock_hz() == 4_000_000


def test_the_pll_gives_no_system_clock_without_its_output():
    source = HSI_ON + PLL_ON.replace(f"{PLL_80:#x}", f"{PLL_80 & ~(1 << 24):#x}") + "poke RCC4+8, 3\n"
    done = run(source + peek("RCC4+8"))
    assert done.value() == 3
    assert done.machine.clock_hz() == 4_000_000


def test_the_clock_in_use_and_its_source_stay_on():
    done = run(to_80_mhz() + "poke RCC4, 0\n" + peek("RCC4"))
    assert done.value() & 0x0300_0500 == 0x0300_0500
    assert done.machine.clock_hz() == 80_000_000


def test_prescalers_and_the_uart_s_own_clock():
    done = run(to_80_mhz() + "poke RCC4+8, 0x2E03\n poke RCC4+0x88, 0x8\n")  # APB1 / 8, APB2 / 4; USART2: HSI
    hz = done.machine.core.system.clocks.hz
    assert [hz[n] for n in ("pclk1", "pclk2", "usart2", "usart1")] == [
        10_000_000,
        20_000_000,
        16_000_000,
        20_000_000,
    ]


def test_without_a_crystal_hse_never_gets_ready():
    done = run("poke RCC4, 0x10063\n ldr r0, =20000\n1: subs r0, #1\n bne 1b\n" + peek("RCC4"), us=30_000)
    assert done.value() >> 16 & 3 == 1


@pytest.mark.parametrize("wait_states", [0, 3])
def test_too_few_wait_states_are_noted(wait_states):
    done = run(to_80_mhz(0x600 | wait_states))
    assert done.machine.notes() == [
        f"The flash is set to {wait_states} wait states at 80 MHz, where RM0351 3.3.3 asks for 4; the real "
        "chip may read wrong instructions."
    ]


def test_more_wait_states_than_the_register_knows_are_noted():
    done = run(to_80_mhz(0x605))
    assert done.machine.notes() == [
        "The flash is set to 5 wait states, where RM0351 3.3.3 has at most 4; the real chip may not wait as "
        "long."
    ]


def test_range_2_is_too_slow_for_80_mhz_and_the_way_back_takes_time():
    range_2 = "poke RCC4+0x58, 0x10000000\n poke PWR4, 0x400\n"
    done = run(range_2 + to_80_mhz())
    assert done.machine.notes() == [
        "The core clock of 80 MHz is beyond the 26 MHz of voltage range 2 (RM0351 5.1.7)."
    ]
    back = (
        range_2 + "poke PWR4, 0x200\n" + peek("PWR4+0x14") + "wait PWR4+0x14, 0x400, 0\n" + peek("PWR4+0x14")
    )
    assert [value & 0x400 for value in run(back).values(2)] == [0x400, 0]


def test_a_usart_without_its_clock_is_noted_by_the_register_s_name():
    done = run(peek("SERIAL2+0x1C"))
    assert done.value() == 0
    assert done.machine.notes() == [
        "The firmware uses usart2 while its clock is off (bit 17 of APB1ENR1); reads give 0 and writes are "
        "ignored, as on silicon."
    ]


def test_the_reset_register_resets_a_usart():
    source = "poke RCC4+0x58, 0x20000\n poke SERIAL2+0xC, 99\n poke RCC4+0x38, 0x20000\n"
    assert run(source + peek("SERIAL2+0xC")).value() == 0


# Flash interface


def test_the_flash_interface_tells_the_timing_core():
    done = program("b .\n")
    told: list[tuple[Setting, int]] = []
    interface = done.machine.core.peripherals["flash_interface"]
    interface.system.timing = lambda setting, value: told.append((setting, value))
    interface.write_word(0, 0x504)
    assert told == [
        (Setting.FLASH_WAIT_STATES, 4),
        (Setting.FLASH_PREFETCH, 1),
        (Setting.FLASH_ICACHE, 0),
        (Setting.FLASH_DCACHE, 1),
    ]
    told.clear()
    interface.write_word(0, 0x1D04)  # ICRST; DCRST does nothing while the data cache is on
    assert told[-1] == (Setting.FLASH_INVALIDATE, 1)


def test_the_instruction_cache_makes_a_loop_faster_and_the_wait_states_make_it_slower():
    loop = "poke DEMCR, 0x01000000\n poke DWT_CTRL, 1\n ldr r5, =DWT_CYCCNT\n ldr r6, [r5]\n ldr r0, =1000\n"
    loop += "1: nop\n nop\n nop\n nop\n b 2f\n .balign 64\n2: subs r0, #1\n bne 1b\n"
    loop += "ldr r7, [r5]\n subs r7, r6\n str r7, [r4]\n"
    cycles = {acr: run(f"poke FLASH4, {acr:#x}\n" + loop).value() for acr in (0x000, 0x004, 0x604)}
    assert cycles[0x004] > cycles[0x604] + 3000
    assert cycles[0x604] == pytest.approx(cycles[0x000], abs=60)


# Ports and USART


def test_ports_start_analog_and_have_a_reset_register():
    source = "poke RCC4+0x4C, 3\n" + peek("PORTA", "PORTB")
    source += "poke PORTA, 0xABFFF7FF\n poke PORTA+0x18, 0x20\n poke PORTA+0x28, 0x20\n"  # PA5
    done = program(STORE + source + "bx lr\n")
    assert [edge.level for edge in done.run().edges] == [1, 0]
    assert done.values(2) == [0xABFF_FFFF, 0xFFFF_FEBF]


def test_the_usart_acknowledges_both_enables_and_sends():
    on = "poke RCC4+0x58, 0x20000\n poke SERIAL2+0xC, 35\n poke SERIAL2, 0xD\n"  # 4 MHz / 35
    send = "ldr r0, =SERIAL2\n movs r1, #'k'\n str r1, [r0, #0x28]\n"
    newline = "1: ldr r1, [r0, #0x1C]\n tst r1, #0x80\n beq 1b\n movs r1, #10\n str r1, [r0, #0x28]\n"
    done = program(STORE + on + peek("SERIAL2+0x1C") + send + newline + "bx lr\n")
    assert done.machine.run(for_us=1000, until_line="^k$").stop == "line"
    assert done.value() & 0x0060_0000 == 0x0060_0000


def test_sram2_is_memory_and_sram1_has_bit_aliases():
    store = "ldr r1, =0x12345678\n ldr r0, =0x10000000\n str r1, [r0]\n"
    set_bit = "movs r1, #1\n ldr r0, =0x22000000+32*0x17FF0\n str r1, [r0, #12]\n"
    done = run(store + set_bit + peek("0x10000000", "0x20017FF0"))
    assert done.values(2) == [0x1234_5678, 8]


def test_without_a_bit_band_its_addresses_are_empty():
    memory = tuple(replace(m, bitband=None) for m in NUCLEO.memory)
    done = program("ldr r0, =0x22000000\n ldr r1, [r0]\n bx lr\n", replace(NUCLEO, memory=memory))
    with pytest.raises(FirmwareFault, match="it read 0x22000000, where the board has nothing"):
        done.run()
