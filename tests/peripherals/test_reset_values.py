"""Reset values and writable bits that vendors publish: SVD files and CMSIS headers, named with each."""

import pytest

from scopeless.board import load_board
from support.arm import Program
from support.bench import Bench, poke

EVERYTHING = 0xFFFF_FFFF
RESETS = [
    # STM32L4x6.svd: firewall off, FPU interrupts on
    ("stm32l476", "syscfg", 0x04, 0x7C00_0001),
    # ATSAM3X8E.svd: the reset pin resets
    ("arduino_due", "rstc", 0x08, 0x0000_0001),
    # MK20D7.svd, MK64F12.svd: USB regulator on; clocks of FlexBus (K20), DMA and MPU on
    ("teensy32", "sim", 0x0000, 0x8000_0000),
    ("teensy35", "sim", 0x0000, 0x8000_0000),
    ("teensy32", "sim", 0x1040, 0x0000_0007),
    ("teensy35", "sim", 0x1040, 0x0000_0006),
    # apollo3.svd: no timer is held at 0
    ("sparkfun_edge", "ctimer", 0x0C, 0),
    ("sparkfun_edge", "ctimer", 0xEC, 0),
]
WRITABLE = [
    # stm32f746xx.h, RCC_CFGR_*: all but SWS and two reserved ones; MCO1PRE is bits 26 to 24
    ("stm32f746", "rcc", 0x08, 0x0600_0000, 0x0600_0000),
    # stm32f746xx.h, PWR_CR1_*: PLS and PVDE; CSBF (3) only clears and bit 2 is reserved
    ("stm32f746", "pwr", 0x00, 0x0000_C0FF, 0x0000_C0F3),
    # stm32f746xx.h, PWR_CSR1_*: BRE and EIWUP
    ("stm32f746", "pwr", 0x04, 0x0000_0300, 0x0000_4300),
    # stm32l476xx.h, RCC_BDCR_*: LSECSSON; LSERDY (1) is the oscillator's
    ("stm32l476", "rcc", 0x90, 0x0000_0022, 0x0000_0020),
    # stm32l476xx.h, SYSCFG_EXTICR1_*: three bits each
    ("stm32l476", "syscfg", 0x08, 0xFFFF, 0x7777),
    ("stm32f746", "syscfg", 0x08, 0xFFFF, 0xFFFF),
    # ATSAM3X8E.svd, RSTC_MR: KEY must be 0xA5
    ("arduino_due", "rstc", 0x08, 0xA500_0F10, 0x0000_0F10),
    ("arduino_due", "rstc", 0x08, 0x0000_0F10, 0x0000_0001),
    # STM32F7x6.svd, TIM6: no direction, no channels
    ("stm32f746", "tim6", 0x00, 0x0000_0F74, 0x0000_0804),
    ("stm32f746", "tim6", 0x0C, 0x0000_5F5F, 0x0000_0101),
    ("stm32f746", "tim6", 0x34, EVERYTHING, 0),
    # UIFREMAP: in stm32f746xx.h, not in stm32f103xb.h
    ("stm32f746", "tim2", 0x00, 0x0000_0800, 0x0000_0800),
    ("stm32f103", "tim2", 0x00, 0x0000_0800, 0),
]


@pytest.mark.parametrize(("board", "block", "offset", "value"), RESETS)
def test_a_register_starts_with_its_value(board, block, offset, value):
    assert Bench(board, core=8_000_000)[block].read(offset, 4) == value


@pytest.mark.parametrize(("board", "block", "offset", "written", "value"), WRITABLE)
def test_a_register_takes_the_bits_that_it_has(board, block, offset, written, value):
    clocks = dict.fromkeys(("core", "timclk1"), 8_000_000)
    peripheral = Bench(board, **clocks)[block]
    poke(peripheral, (offset, written))
    assert peripheral.read(offset, 4) == value


def test_lse_stays_ready_when_its_register_is_written_again():
    bench = Bench("stm32l476", core=4_000_000)
    rcc = bench["rcc"]
    poke(rcc, (0x90, 1))
    bench.run(2 * 4_000_000)
    assert rcc.read(0x90, 4) == 3
    poke(rcc, (0x90, 0x8101))  # as an RTC is switched on
    assert rcc.read(0x90, 4) == 0x8103


def test_the_apollo3_s_part_number_tells_its_memories():
    """The sizes by AmbiqSuite's am_hal_mcuctrl.c."""
    board = load_board("sparkfun_edge")
    part = Bench("sparkfun_edge", core=48_000_000)["mcuctrl"].read(0, 4)
    kib = {memory.name: (memory.base + memory.size) // 1024 for memory in board.memory}
    flash = {6: 1024, 7: 2048}[part >> 20 & 15]
    sram = {2: 64, 7: 384}[part >> 16 & 15]
    assert flash == kib["flash"]
    assert sram == kib["sram"] - 0x1000_0000 // 1024


@pytest.mark.parametrize(
    ("board", "base", "name"),
    [
        ("sparkfun_edge", 0x4008_0000, "SCARD"),  # apollo3.h, SCARD_BASE
        ("sparkfun_edge", 0x4000_4200, "RTC"),  # RTC_BASE: behind CLKGEN at once
        ("sparkfun_edge", 0x4001_1000, "APBDMA"),
        ("teensy35", 0x400E_B000, "UART5"),  # kinetis.h, KINETISK_UART5
        ("teensy32", 0x4000_4000, "AXBS"),  # MK20D7.svd
        ("nano33ble", 0x5002_B000, "CRYPTOCELL"),  # nrf52840.h, NRF_CC_HOST_RGF_BASE
    ],
)
def test_a_block_without_a_model_is_known_by_name(board, base, name):
    program = Program(f"peek r1, {base:#x}\n bx lr", board=load_board(board))
    program.run(1)
    assert f"The unmodelled {name} behaves" in " ".join(program.machine.notes())
