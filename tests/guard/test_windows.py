"""Windows of firmware that is not the benchmark: pins, functions and source lines, on the example project."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from commands import ROOT
from scopeless.benchmark.session import profile_window
from scopeless.board import load_board
from scopeless.cli import main
from scopeless.engines import start
from scopeless.firmware.build import firmware_for, missing_tool
from scopeless.guard.baseline import Baseline, WindowCost, read_baseline

EXAMPLE = ROOT / "examples/fir-filter"
SUM = "sum += taps[i] * f->history"


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Builds the example with changes to its sources: old text, new text, file."""
    if missing := missing_tool(load_board("stm32f103")):
        pytest.skip(f"{missing} is not installed")

    def make(*changes: str) -> Path:
        folder = tmp_path_factory.mktemp("example")
        shutil.copytree(EXAMPLE, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("build"))
        for old, new, file in zip(*[iter(changes)] * 3, strict=True):
            source = folder / "src" / file
            assert old in source.read_text()
            source.write_text(source.read_text().replace(old, new))
        subprocess.run(["make", "-s", "-C", folder], check=True, capture_output=True)
        return folder / "build/fir.elf"

    return make


@pytest.fixture(scope="module")
def elf(build: Callable[..., Path]) -> Path:
    """The example's firmware."""
    return build()


@pytest.fixture
def project(tmp_path: Path, elf: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the firmware in it."""
    shutil.copy(elf, tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


RUN = 'ready = "^Ready$"\nsend = ["RUN 64"]\nuntil = "^Done$"\nfor = "100ms"\n'


def config(*windows: str, drive: str = RUN, rest: str = "") -> None:
    Path("scopeless.toml").write_text(
        f'[[firmware]]\nboard = "stm32f103"\nelf = "fir.elf"\n{drive}window = [{", ".join(windows)}]\n{rest}'
    )


def measured(*windows: str, drive: str = RUN) -> Baseline:
    config(*windows, drive=drive)
    assert main(["check", "--update"]) == 0
    return read_baseline(Path("baselines"), "fir")


def total(cost: WindowCost, function: str = "") -> int:
    return sum(sum(lines.values()) for name, lines in cost.functions.items() if function in ("", name))


def test_the_three_kinds_agree(project: Path) -> None:
    source = (EXAMPLE / "src/filter.c").read_text().splitlines()
    first = source.index("int16_t filter_step(filter *f, int16_t sample)") + 1
    last = source.index("}", first) + 1
    windows = measured(
        '{name = "block", pin = "PB0"}',
        '{function = "filter_step"}',
        f'{{name = "lines", lines = "src/filter.c:{first}-{last}"}}',
    ).windows
    block, step, lines = (windows[name] for name in ("block", "filter_step", "lines"))
    assert step.calls == 64 and step.min is not None and step.max is not None
    assert 0 < step.min <= step.cycles <= step.max
    assert total(step) == total(block, "filter_step") == lines.cycles == total(lines)
    assert 64 * step.min <= lines.cycles <= 64 * step.max
    assert total(block) == block.cycles > lines.cycles
    assert block.instructions is not None and step.instructions is not None
    assert 64 * step.instructions == lines.instructions
    assert block.instructions > lines.instructions


def test_any_clock_that_the_firmware_sets(project: Path, build: Callable[..., Path]) -> None:
    """48 MHz is none of the clocks that the board runs the benchmark at."""
    shutil.copy(build("7u << 18", "4u << 18", "startup.c", "72000000", "48000000", "main.c"), "fir.elf")
    assert measured('{pin = "PB0"}').clock_mhz == 48
    assert measured('{pin = "PB0"}', drive=RUN + "clock = 48\n").clock_mhz == 48
    assert main(["check"]) == 0


def test_the_same_run_gives_the_same_bytes(project: Path) -> None:
    windows = '{pin = "PB0"}', '{function = "filter_step"}'
    measured(*windows)
    first = (project / "baselines/fir.json").read_bytes()
    measured(*windows)
    assert (project / "baselines/fir.json").read_bytes() == first
    assert main(["check"]) == 0


def test_a_pin_window_is_the_benchmarks_own(project: Path) -> None:
    """The prediction of the benchmark's first run, its third high pulse, measured both ways."""
    board = load_board("stm32f103")
    shutil.copy(firmware_for(board, 72, "recorded"), "fir.elf")
    drive = 'ready = "^Ready$"\nsend = ["START=1"]\nuntil = "^Run 1: "\n'
    windows = measured(
        '{pin = "PB12", occurrence = 3}',
        '{function = "benchmark_run"}',
        '{function = "sigmoid"}',
        drive=drive,
    ).windows
    window = windows["PB12"]
    with start(board) as machine:
        machine.load(Path("fir.elf"))
        assert window.cycles == profile_window(machine, "simple1").window.cycles
    run, sigmoid = windows["benchmark_run"], windows["sigmoid"]
    assert run.calls == 1 and run.instructions is not None and window.instructions is not None
    assert run.cycles > window.cycles and run.instructions > window.instructions, "it is what moves the pin"
    assert {"benchmark_run", "sigmoid", "__muldf3"} <= run.functions.keys()
    assert total(run) > run.cycles, "the output that is printed calls arithmetic too"
    assert sigmoid.calls is not None and sigmoid.calls * sigmoid.cycles < window.cycles


def test_windows_of_an_avr(project: Path) -> None:
    board = load_board("arduino_uno")
    shutil.copy(firmware_for(board, 16, "stock"), "fir.elf")
    config(
        f'{{name = "prediction", pin = "{board.pin}", occurrence = 3}}',
        '{function = "sigmoid"}',
        drive='ready = "^Ready$"\nsend = ["START=1"]\nuntil = "^Run 1: "\n',
    )
    text = Path("scopeless.toml").read_text().replace("stm32f103", "arduino_uno")
    Path("scopeless.toml").write_text(text)
    assert main(["check", "--update"]) == 0
    windows = read_baseline(Path("baselines"), "fir").windows
    predict, sigmoid = windows["prediction"], windows["sigmoid"]
    assert sigmoid.calls is not None and sigmoid.calls > 0
    assert 0 < sigmoid.calls * sigmoid.cycles < 1.2 * predict.cycles


SEVERAL = 'ready = "^Ready$"\nsend = ["RUN 1", "RUN 4", "RUN 2"]\nuntil = "^Done$"\n'


def test_which_window_of_a_pin(project: Path) -> None:
    windows = measured(
        '{name = "first", pin = "PB0"}',
        '{name = "second", pin = "PB0", occurrence = 2}',
        '{name = "last", pin = "PB0", occurrence = -1}',
        '{name = "after", pin = "PB0", after = "^Done$"}',
        '{name = "low", pin = "PB0", from = "falling", to = "rising"}',
        '{name = "period", pin = "PB0", to = "rising"}',
        drive=SEVERAL,
    ).windows
    first, second, last = (windows[name].cycles for name in ("first", "second", "last"))
    assert first < last < second
    assert windows["after"].cycles == second, "every command is sent when the one before was answered"
    assert windows["period"].cycles == first + windows["low"].cycles


def test_without_a_line_to_wait_for_a_run_lasts_as_long_as_told(project: Path) -> None:
    whole = measured('{pin = "PB0"}').windows["PB0"]
    assert measured('{pin = "PB0"}', drive='ready = "^Ready$"\nsend = ["RUN 64"]\nfor = "5ms"\n').windows == {
        "PB0": whole
    }


def test_a_slower_filter_is_caught_with_function_and_line(
    project: Path, build: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    windows = '{name = "block", pin = "PB0"}', '{function = "filter_step"}', '{lines = "filter.c:20-26"}'
    rest = '[limits]\nflash = "50%"\n[limits.filter_step]\nmin = "100000"\n'
    config(*windows, rest=rest)
    assert main(["check", "--update"]) == 0
    shutil.copy(build("int32_t sum", "int64_t sum", "filter.c"), "fir.elf")
    capsys.readouterr()
    assert main(["check", "--json", "check.json"]) == 3
    shown = capsys.readouterr().out
    text = (EXAMPLE / "src/filter.c").read_text().splitlines()
    (line,) = [number for number, source in enumerate(text, 1) if SUM in source]
    for window in ("block", "filter_step"):
        assert re.search(
            rf"^fir {window}\b.*: filter_step \+\d+ cycles.*, filter\.c:{line}\b", shown, re.MULTILINE
        )
        assert re.search(rf"^fir +{window} cycles +\d+ +\d+ .* REGRESSION$", shown, re.MULTILINE)
    assert re.search(r"^fir +filter_step min .* within limit$", shown, re.MULTILINE)
    assert "filter.c:20-26" not in shown, "the checksum takes as long as before"
    figures = json.loads(Path("check.json").read_text())["firmware"][0]["figures"]
    assert {f["model"] for f in figures if f["verdict"] == "regression"} == {"block", "filter_step"}
    assert main(["check", "--update"]) == 0
    assert main(["check"]) == 0


@pytest.mark.parametrize(
    ("window", "drive", "code", "complaint"),
    [
        ('{pin = "PZ1"}', RUN, 2, "fir: Board stm32f103 has no pin 'PZ1'; "),
        ('{pin = "PB0"}', RUN + 'uart = "usart9"\n', 2, "stm32f103 has no UART 'usart9'; its UARTs: usart1."),
        ('{pin = "PB1"}', RUN, 1, "window PB1: PB1 has no window number 1; it had 0 edges and 0 windows"),
        (
            '{pin = "PB0", occurrence = 2}',
            RUN,
            1,
            "PB0 has no window number 2; it had 2 edges and 1 windows.",
        ),
        ('{pin = "PB0", after = "^Dune$"}', RUN, 1, "no line that matches after = '^Dune$'; the last line"),
        ('{function = "filter_stop"}', RUN, 2, "the firmware has no function 'filter_stop'; did you mean"),
        ('{function = "stop"}', RUN, 1, "window stop: stop was not called in the run."),
        ('{lines = "filter.c:1-2"}', RUN, 1, "no instruction of filter.c:1-2 was executed in the run;"),
        ('{pin = "PB0"}', RUN.replace("Done", "Dune"), 1, "sent no line that matches '^Dune$' within 100 ms"),
        ('{pin = "PB0"}', RUN.replace("Ready", "ready"), 1, "sent no line that matches '^ready$' within"),
        ('{pin = "PB0"}', RUN + 'expect = ["^crc 0$"]\n', 1, "matches '^crc 0$'; the last line it sent was"),
        ('{pin = "PB0"}', RUN + "clock = 128\n", 2, "fir: the firmware sets its clock to 72 MHz, not 128"),
    ],
)
def test_what_is_not_there_is_one_sentence(
    project: Path, window: str, drive: str, code: int, complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    config(window, drive=drive)
    assert main(["check", "--update"]) == code
    message = capsys.readouterr().err
    assert complaint in message and message.count("\n") == 1
    assert not (project / "baselines").exists()


def test_a_new_window_needs_a_baseline(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    measured('{pin = "PB0"}')
    config('{pin = "PB0"}', '{function = "filter_step"}')
    assert main(["check"]) == 2
    assert "The baseline of fir lacks filter_step; add it with" in capsys.readouterr().err
