"""The checker of Renode platforms: ours pass, and every kind of mistake is found where it is."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from commands import scopeless
from scopeless.board import board_names, load_board
from scopeless.renode import RENODE_DIR
from scopeless.renode.check import check_all, check_board, renode_boards
from scopeless.renode.classes import own_class
from scopeless.renode.description import read_description

REPL, RESC = "stm32f103.repl", "stm32f103.resc"
KINETIS, SAM = "teensy32.repl", "arduino_due.repl"


def test_our_platforms_have_no_mistakes() -> None:
    assert check_all() == []


def test_every_cortex_m_board_has_a_platform() -> None:
    arm = {name for name in board_names() if load_board(name).core != "avr"}
    assert {board.name for board in renode_boards()} == arm
    for suffix in (".repl", ".resc"):
        assert {path.stem for path in RENODE_DIR.glob(f"*{suffix}")} - {"trace"} == arm


@pytest.fixture
def platforms(tmp_path: Path) -> Path:
    """A copy of the platforms, beside the firmware as in the repository, to make mistakes in."""
    folder = tmp_path / "renode"
    shutil.copytree(RENODE_DIR, folder)
    (tmp_path / "firmware").symlink_to(RENODE_DIR.parent / "firmware")
    return folder


MISTAKES = [
    # syntax
    (REPL, "size: 0x5000", "size 0x5000", "'size 0x5000' is neither 'name: value' nor 'IRQ -> nvic@1'"),
    (REPL, "@ { sysbus 0x08000000; sysbus 0x0 }", "@ { sysbus 0x08000000; sysbus 0x0", "a { is never closed"),
    (REPL, 'cpuType: "cortex-m3"', 'cpuType: "cortex-m3', "this string has no end"),
    (REPL, "    request.Value = value\n", "    request.Value = = value\n", "the script is not Python"),
    # references, classes and parameters
    (REPL, "nvic: nvic", "nvic: nvik", "nvic refers to nvik, not defined"),
    (REPL, "-> nvic@37", "-> nvik@37", "usart1 interrupts nvik, not defined"),
    (REPL, "UART.STM32_UART", "UART.STM32_USART", "there is no class UART.STM32_USART"),
    (
        REPL,
        "frequency: 72000000\n    ->",
        "clock: 72000000\n    ->",
        "UART.STM32_UART has no parameter clock",
    ),
    (REPL, "initable: true", "initable: 1", "initable of rcc should be a bool"),
    (KINETIS, "    numberOfPins: 32\n", "", "gpioa lacks the parameter numberOfPins"),
    (SAM, "-> nvic@11", "TXE -> nvic@11", "GPIOPort.SAM4S_PIO has no output TXE"),
    (REPL, "<0x40010C00, +0x400>", "0x40010C00", "gpiob needs a range"),
    (REPL, "gpioc: GPIO", "gpiob: GPIO", "gpiob is defined again"),
    # addresses, against the board
    (REPL, "<0x40010C00, +0x400>", "<0x40010C00, +0x800>", "gpiob and gpioc overlap at 0x40011000"),
    (REPL, "<0x40013800, +0x400>", "<0x40013C00, +0x400>", "nothing is at 0x40013800"),
    (REPL, "size: 0x5000", "size: 0x4000", "the board's memory sram, 0x20000000 to 0x20004fff, is not all"),
    (REPL, "; sysbus 0x0 }", " }", "the board's memory flash, 0x00000000 to 0x0000ffff, is not all there"),
    (REPL, "peripheralBase: 0x40000000", "peripheralBase: 0x40010000", "must be 0x40000000"),
    # interrupts and clocks, against the board
    (REPL, "-> nvic@37", "-> nvic@38", "usart1 has interrupt 38, but the board's usart1 has 37"),
    (REPL, "-> nvic@37", "-> nvic@43", "STM32F103C8 has 43 interrupts, so no 43"),
    (REPL, "priorityMask: 0xF0", "priorityMask: 0xE0", "priorityMask of nvic must be 240"),
    (REPL, "PerformanceInMips: 72", "PerformanceInMips: 100", "PerformanceInMips of cpu must be 72"),
    # scripts
    (RESC, "runMacro $reset", "runmacro $reset", "'runmacro $reset' is not a command"),
    (RESC, "runMacro $reset", "runMacro $start", "$start is used but not set before"),
    (RESC, "LoadELF $elf", "LoadELF $bin", "$bin is used but not set before"),
    (RESC, "$ORIGIN/clock.py", "$ORIGIN/clocks.py", "there is no file $ORIGIN/clocks.py"),
    (RESC, "0x08000000", "0x08002000", "the firmware's vectors are at 0x08000000"),
    (RESC, "0x40010C0C", "0x40011C0C", "0x40011c0c is no register of gpiob"),
    (RESC, "0x40010C0C", "port", "port is not an address"),
    (RESC, "DoubleWord Write", "Doubleword Write", "Doubleword is no access width"),
    (RESC, "$pin=12", "$pin=13", "$pin must be 12, as the board has it, but is 13"),
    (RESC, "$clock_mhz?=72", "$clock_mhz?=8", "$clock_mhz must be 72, as the board has it"),
    (RESC, "showAnalyzer usart1", "showAnalyzer usart2", "usart2 is not in stm32f103.repl"),
]

ELSEWHERE = {
    "gpiob and gpioc overlap at 0x40011000": "gpioc: ",
    "nothing is at 0x40013800": "// STM32F103C8",  # what is missing has no line: the file's first
    "the board's memory flash, 0x00000000 to 0x0000ffff, is not all there": "// STM32F103C8",
    "the board's memory sram, 0x20000000 to 0x20004fff, is not all": "sram: ",
    "gpioa lacks the parameter numberOfPins": "gpioa: ",
    "gpiob is defined again": "gpiob: ",
    "a { is never closed": "flash: ",
    "UART.STM32_UART has no parameter clock": "clock: 72000000",
}
"""Where a mistake is shown, when it is not in the line that was changed: a part of that line."""


@pytest.mark.parametrize(("file", "right", "wrong", "message"), MISTAKES)
def test_a_mistake_is_found_where_it_is(
    platforms: Path, file: str, right: str, wrong: str, message: str
) -> None:
    path = platforms / file
    text = path.read_text()
    assert right in text
    path.write_text(text.replace(right, wrong, 1))
    problems = check_board(load_board(path.stem), platforms)
    found = [problem for problem in problems if message in problem.text]
    assert found, "\n".join(map(str, problems))
    assert found[0].file == path
    shown = path.read_text().splitlines()[found[0].line - 1]
    assert ELSEWHERE.get(message, wrong.splitlines()[0] if wrong else "") in shown


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("BlockSize 1", "BlockSize 2047", "it must say sysbus.cpu MaximumBlockSize 1, once"),
        ("true false true", "true false", "CreateExecutionTracing has 5 arguments, not 6"),
        ("PCAndOpcode true", "Disassembly false", "PCAndOpcode true false true, once"),
        ("TrackMemoryAccesses", "TrackRegisters", "'tracer TrackRegisters' is not a command"),
        ("$trace?=@trace.bin\n", "", "$trace is used but not set before"),
    ],
)
def test_a_mistake_in_the_script_that_traces_is_found(
    platforms: Path, right: str, wrong: str, message: str
) -> None:
    path = platforms / "trace.resc"
    text = path.read_text()
    assert right in text
    path.write_text(text.replace(right, wrong))
    assert [problem for problem in check_all(platforms) if problem.file == path and message in problem.text]


def test_the_command_lists_every_mistake(platforms: Path) -> None:
    path = platforms / REPL
    path.write_text(path.read_text().replace("-> nvic@37", "-> nvic@38"))
    result = scopeless("renode-check", "--folder", platforms)
    assert result.returncode == 1
    line = path.read_text().splitlines().index("    -> nvic@38") + 1
    assert f"renode/stm32f103.repl:{line}: usart1 has interrupt 38" in result.stdout
    assert "listed above with file and line" in result.stderr


def test_a_missing_file_is_a_mistake(platforms: Path) -> None:
    (platforms / RESC).unlink()
    assert [str(p) for p in check_board(load_board("stm32f103"), platforms)] == [
        "renode/stm32f103.resc:1: there is no such file"
    ]


def test_reading_a_description(tmp_path: Path) -> None:
    path = tmp_path / "board.repl"
    path.write_text("""\
// A comment
port: GPIOPort.NXPGPIOPort @ {
        sysbus new Bus.BusMultiRegistration { address: 0x400FF080; size: 0x40; region: "gpio" };
        sysbus new Bus.BusMultiRegistration { address: 0x4004B000; size: 0xD0; region: "port" }
    }
    numberOfPins: 32  // all of them
    IRQ -> nvic@7
""")
    description = read_description(path)
    assert description.problems == []
    entry = description.entries["port"]
    assert (entry.kind, entry.line) == ("GPIOPort.NXPGPIOPort", 2)
    assert [(r.start, r.size, r.region) for r in entry.registrations] == [
        (0x400FF080, 0x40, "gpio"),
        (0x4004B000, 0xD0, "port"),
    ]
    assert [(a.name, a.value, a.line) for a in entry.attributes] == [("numberOfPins", 32, 6)]
    assert [(i.output, i.target, i.number, i.line) for i in entry.interrupts] == [("IRQ", "nvic", 7, 7)]


def test_our_own_classes_are_read_from_their_source() -> None:
    name, found = own_class(RENODE_DIR / "peripherals" / "Kinetis_UART.cs")
    assert (name, found.size, found.outputs) == ("UART.Kinetis_UART", 0x1000, {"IRQ"})
    assert found.parameters == {}


def test_a_file_that_is_not_utf_8(platforms: Path) -> None:
    path = platforms / RESC
    path.write_bytes(path.read_bytes().replace(b"$clock_mhz?=72", b"$clock_mhz?=72 # 72\xb5s", 1))
    (problem,) = [
        problem for problem in check_board(load_board(path.stem), platforms) if "UTF-8" in str(problem)
    ]
    line = path.read_bytes()[: path.read_bytes().index(b"\xb5")].count(b"\n") + 1
    assert str(problem).endswith(f"{RESC}:{line}: this is not UTF-8")
