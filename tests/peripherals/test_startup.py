"""What start-up code and HALs look at before they go on: locks, slow crystals, identification."""

import pytest

from scopeless.board import load_board
from scopeless.errors import FirmwareFault
from support.arm import Program
from support.bench import Bench, poke

# name -> offsets of KEYR and CR, CR.LOCK: PM0075 3.2, 3.5; RM0385 3.7.2, 3.7.5; RM0351 3.7.3, 3.7.6
FLASH = {
    "stm32f103": (0x04, 0x10, 1 << 7),
    "stm32f746": (0x04, 0x10, 1 << 31),
    "stm32l476": (0x08, 0x14, 1 << 31),
}
KEYS = (0x4567_0123, 0xCDEF_89AB)


@pytest.mark.parametrize("board", FLASH)
def test_the_flash_s_control_register_is_locked_until_both_keys_have_come(board):
    bench = Bench(board)
    (keyr, cr, lock), flash = FLASH[board], bench["flash_interface"]
    poke(flash, (cr, 1))
    assert flash.read(cr, 4) & (lock | 1) == lock
    poke(flash, *((keyr, key) for key in KEYS), (cr, 1))
    assert flash.read(cr, 4) & (lock | 1) == 1
    poke(flash, (cr, lock), (cr, 1))
    assert flash.read(cr, 4) & (lock | 1) == lock
    poke(flash, *((keyr, key) for key in KEYS))
    assert not flash.read(cr, 4) & lock


def test_a_wrong_key_keeps_the_flash_locked_until_reset():
    flash = Bench("stm32f103")["flash_interface"]
    poke(flash, (0x04, KEYS[1]), *((0x04, key) for key in KEYS))
    assert flash.read(0x10, 4) == 1 << 7
    flash.reset()
    poke(flash, *((0x04, key) for key in KEYS))
    assert flash.read(0x10, 4) == 0


@pytest.mark.parametrize(
    ("board", "bdcr", "seconds"), [("stm32f103", 0x20, 3), ("stm32f746", 0x70, 2), ("stm32l476", 0x90, 2)]
)
def test_the_slow_crystal_takes_its_seconds(board, bdcr, seconds):
    bench = Bench(board)
    rcc = bench["rcc"]
    poke(rcc, (bdcr, 1))
    bench.run(bench.system.clocks.hz["core"] * seconds - 1)
    assert rcc.read(bdcr, 4) & 3 == 1
    bench.run(1)
    assert rcc.read(bdcr, 4) & 3 == 3
    poke(rcc, (bdcr, 0))
    assert rcc.read(bdcr, 4) & 3 == 0


def test_the_kinetis_is_in_run_mode():
    bench = Bench("teensy35")
    smc = bench["smc"]
    assert smc.read(3, 1) == 1
    smc.write(1, 1, 0x60)
    assert bench.system.notes.all() == [
        "The firmware asks for a low-power mode (SMC_PMCTRL); the chip stays in RUN."
    ]


@pytest.mark.parametrize(
    ("board", "address", "value"),
    [
        ("stm32f103", 0x1FFF_F7E0, 0xFFFF_0040),  # 64 KiB of flash
        ("stm32f746", 0x1FF0_F440, 0x0400_FFFF),
        ("stm32l476", 0x1FFF_75E0, 0xFFFF_0400),
        ("nano33ble", 0x1000_0100, 0x5_2840),  # FICR: the part
        ("nano33ble", 0x1000_1200, 0xFFFF_FFFF),  # UICR: erased
    ],
)
def test_what_the_chip_was_made_with_can_be_read(board, address, value):
    program = Program(
        f"ldr r4, =values\n peek r1, {address:#x}\n str r1, [r4]\n bx lr", board=load_board(board)
    )
    program.run()
    assert program.value() == value


def test_and_not_written():
    program = Program("poke 0x10001200, 18\n bx lr", board=load_board("nano33ble"))
    with pytest.raises(FirmwareFault, match="wrote to 0x10001200, which is flash and cannot be written"):
        program.run()


def test_and_ends_where_it_ends_on_the_chip():
    program = Program("peek r1, 0x1FFFF810\n bx lr", board=load_board("stm32f103"))
    with pytest.raises(FirmwareFault, match="read 0x1ffff810, where the board has nothing"):
        program.run()
