"""The firmware on an emulated board: right results, and no more cycles than were accepted."""

import struct
import zlib

import pytest

TAPS = (320, 480, 930, 1594, 2356, 3085, 3654, 3965)


@pytest.fixture
def board(mcu):
    """The board, waiting for a command."""
    mcu.start("build/fir.elf", board="stm32f103")
    mcu.expect("^Ready$")
    return mcu


def filtered(count):
    """What the filter must give for its first samples of noise, computed here."""
    noise, history, output = 1, [0] * 16, []
    for _ in range(count):
        noise = (noise * 1664525 + 1013904223) % 2**32
        sample = noise >> 16
        history = [sample - 2**16 * (sample >= 2**15), *history[:15]]
        output.append(sum(tap * value for tap, value in zip(TAPS + TAPS[::-1], history, strict=True)) >> 15)
    return output


@pytest.mark.parametrize("count", [1, 64, 256])
def test_a_block(board, count):
    board.send(f"RUN {count}")
    crc = int(board.expect("^crc ([0-9a-f]{8})$")[1], 16)
    board.expect("^Done$")
    assert crc == zlib.crc32(struct.pack(f"<{count}h", *filtered(count)))

    window = board.window("PB0")
    board.check("block", window.cycles, limit="1%")
    board.check("instructions", window.instructions)


def test_the_filter_keeps_up_with_192_kHz(board):
    board.send("RUN 256")
    board.expect("^Done$")
    assert board.window("PB0").cycles / 256 < 72_000_000 / 192_000


def test_a_sample_takes_as_long_as_any_other(board):
    board.send("RUN 64")
    with board.machine.trace() as trace:
        board.expect("^Done$")
    step = trace.calls[trace.calls.function == "filter_step"].cycles
    assert step.max() - step.min() < 8
    board.check("filter_step", step.max())


@pytest.mark.parametrize("line", ["RUN", "RUN 0", "RUN 257", "run 1", "RUN 1x"])
def test_misuse(board, line):
    board.send(line)
    board.expect("^Error: RUN 1 to RUN 256$")
