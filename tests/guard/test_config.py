"""scopeless.toml and baseline files: what they say, and what is said of wrong ones."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest

from commands import ROOT
from costs import make_cost
from scopeless.benchmark.matrix import all_runs
from scopeless.errors import UsageError
from scopeless.guard.baseline import baseline_path, read_baseline, to_json, write_baseline
from scopeless.guard.config import Firmware, every_board, read_config, select
from scopeless.guard.windows import Drive, FunctionWindow, LineWindow, PinWindow


def config_file(folder: Path, text: str) -> Path:
    path = folder / "scopeless.toml"
    path.write_text(text)
    return path


def test_a_board_alone_is_enough(tmp_path: Path) -> None:
    config = read_config(config_file(tmp_path, '[[firmware]]\nboard = "stm32f103"\n'))
    assert config.firmware == (Firmware("stm32f103-72mhz-recorded", "stm32f103", 72, "recorded"),)
    assert config.baselines == tmp_path / "baselines"


def test_everything_said(tmp_path: Path) -> None:
    text = """
        baselines = "costs"
        [[firmware]]
        name = "node"
        board = "stm32f103"
        clock = 128
        elf = "build/app.elf"
        models = ["simple2"]
        window = "benchmark"
        [[firmware]]
        board = "arduino_uno"
        sketch = "first"
        [limits]
        predict = "1%|50"
    """
    config = read_config(config_file(tmp_path, text))
    assert config.firmware == (
        Firmware("node", "stm32f103", 128, "", ("simple2",), "", tmp_path / "build/app.elf"),
        Firmware("arduino_uno-16mhz-stock-first", "arduino_uno", 16, "stock", ("simple1",), "first"),
    )
    assert config.baselines == tmp_path / "costs"
    assert str(config.limits.of("stm32f103", "simple2", "predict")) == "1%|+50"


def test_firmware_that_is_not_the_benchmark(tmp_path: Path) -> None:
    text = """
        [[firmware]]
        board = "stm32f103"
        elf = "build/app.elf"
        ready = "^Ready$"
        send = ["RUN 64"]
        until = "^Done$"
        for = "1.5ms"
        expect = ["crc"]
        window = [
            {pin = "PB0", from = "falling", to = "rising", occurrence = -1, after = "go"},
            {name = "step", function = "filter_step"},
            {lines = "src/filter.c:10-42"},
            {lines = "filter.c:7"},
        ]
        [limits]
        cycles = "1%"
        [limits.step]
        calls = "2"
        [limits.stm32f103."filter.c:7"]
        instructions = "3"
    """
    config = read_config(config_file(tmp_path, text))
    (one,) = config.firmware
    assert one.windows == (
        PinWindow("PB0", "PB0", 0, 1, -1, "go"),
        FunctionWindow("step", "filter_step"),
        LineWindow("src/filter.c:10-42", "filter.c", 10, 42),
        LineWindow("filter.c:7", "filter.c", 7, 7),
    )
    assert one.parts == ("PB0", "step", "src/filter.c:10-42", "filter.c:7")
    assert one.drive == Drive("^Ready$", ("RUN 64",), "^Done$", Fraction(1500), ("crc",))
    limits = config.limits
    assert str(limits.of("stm32f103", "step", "calls")) == "+2"
    assert str(limits.of("stm32f103", "filter.c:7", "instructions")) == "+3"
    assert [str(limits.of("stm32f103", "step", quantity)) for quantity in ("min", "cycles", "max")] == 3 * [
        "1%"
    ]


def test_an_elf_gives_its_name(tmp_path: Path) -> None:
    text = '[[firmware]]\nboard = "stm32f103"\nelf = "build/app.elf"\n'
    assert [one.name for one in read_config(config_file(tmp_path, text)).firmware] == ["app"]


BOARD = '[[firmware]]\nboard = "stm32f103"\n'
OTHER = BOARD + 'elf = "a.elf"\nuntil = "Done"\n'


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "it names no firmware; add a [[firmware]] with a board."),
        ("[firmware]", "firmware must be a list of tables, each beginning with [[firmware]]."),
        ("firmware = [1]", "firmware must be a list of tables"),
        ("[[firmware", "is not TOML: "),
        ("[[firmware]]", "[[firmware]] number 1: board is missing; `scopeless boards` lists them."),
        ('[[firmware]]\nboard = "stm32f13"', "There is no board called 'stm32f13'; did you mean"),
        (BOARD + "clok = 72", "a firmware has no key 'clok' (did you mean 'clock'?); there are name,"),
        (BOARD + 'clock = "72"', "clock must be a whole number of MHz, not '72'."),
        (BOARD + "clock = true", "clock must be a whole number of MHz, not True."),
        (BOARD + "clock = 8", "stm32f103 does not run at 8 MHz; choose one of its clocks: 72, 128."),
        (BOARD + 'libm = "new"', "stm32f103 has no libm 'new'; choose one of: recorded, stock."),
        (BOARD + 'sketch = "first"', "stm32f103 has no sketch 'first'; leave it out."),
        (BOARD + 'models = ["simple3"]', "models must be some of simple1, simple2, each once,"),
        (BOARD + "models = []", "models must be some of simple1, simple2, each once, not []."),
        (BOARD + "models = [[]]", "models must be some of simple1, simple2, each once, not [[]]."),
        (BOARD + 'send = ["x"]', "send drives firmware that is not the benchmark; give it a window"),
        (BOARD + 'window = "pin"', "elf is missing: the project's own firmware has no window but"),
        (OTHER + 'window = "pin"', "window must be 'benchmark' or a table: {pin = ...}, {function = ...} or"),
        (OTHER + "window = []", "window names nothing to measure; leave it out, or give a pin,"),
        (OTHER + "window = {}", "window: it needs one of the keys pin, function, lines, not none."),
        (OTHER + 'window = {pin = "PB0", lines = "a.c:1"}', "function, lines, not pin and lines."),
        (
            OTHER + 'window = {pin = "PB0", occurence = 2}',
            "a window of a pin has no key 'occurence' (did you",
        ),
        (
            OTHER + 'window = {pin = "PB0", occurrence = 0}',
            "occurrence must be 1 for the first, 2, ..., or -1",
        ),
        (OTHER + 'window = {pin = "PB0", from = "up"}', "from must be 'rising' or 'falling', not 'up'."),
        (OTHER + 'window = {pin = "PB0", after = "("}', "window: after: '(' is not a regular expression: "),
        (OTHER + 'window = {pin = ""}', "pin must be a string that says something, not ''."),
        (
            OTHER + 'window = {lines = "a.c"}',
            "lines must be like 'filter.c:10-42' or 'filter.c:10', not 'a.c'.",
        ),
        (OTHER + 'window = {lines = "a.c:9-3"}', "lines must be like 'filter.c:10-42' or"),
        (
            OTHER + 'window = [{pin = "PB0"}, {pin = "PB0"}]',
            "window: the name 'PB0' was given before; give it",
        ),
        (OTHER + 'window = {function = "flash"}', "window: 'flash' has a meaning in [limits]; give another"),
        (OTHER + 'window = {function = "simple1"}', "window: 'simple1' has a meaning in [limits]; give"),
        (OTHER + 'models = ["simple1"]\nwindow = {pin = "PB0"}', "models belongs to the benchmark; leave it"),
        (
            OTHER + 'clock = 0\nwindow = {pin = "PB0"}',
            "clock must be a whole number of MHz above zero, not 0",
        ),
        (OTHER + 'for = 3\nwindow = {pin = "PB0"}', "for must be a string that says something, not 3."),
        (OTHER + 'for = "3 m"\nwindow = {pin = "PB0"}', "for: '3 m' is not a time; write it like 10ms,"),
        (OTHER + 'send = "RUN"\nwindow = {pin = "PB0"}', "send must be a list of strings, not 'RUN'."),
        (BOARD + 'elf = "a.elf"\nwindow = {pin = "PB0"}', "it does not say when the run ends; add until ="),
        (BOARD + 'name = "../x"', "the name '../x' must be usable as a file name;"),
        (BOARD + 'elf = "a.elf"\nsketch = "first"', "leave it out beside elf."),
        (BOARD + BOARD, "[[firmware]] number 2: the name 'stm32f103-72mhz-recorded' was given before;"),
        ("baselines = 3\n" + BOARD, "baselines must be the name of a folder, in quotes."),
        ('baseline = "x"\n' + BOARD, "the file has no key 'baseline' (did you mean 'baselines'?)"),
        ("limits = 3\n" + BOARD, "limits must be a table, [limits]."),
    ],
)
def test_misuse_names_file_and_key(tmp_path: Path, text: str, complaint: str) -> None:
    path = config_file(tmp_path, text)
    with pytest.raises(UsageError) as caught:
        read_config(path)
    assert str(caught.value).startswith(str(path))
    assert complaint in str(caught.value)


def test_chosen_by_name_or_board() -> None:
    firmware = every_board(None).firmware
    assert [one.name for one in select(firmware, ["stm32f103"])] == [
        "stm32f103-72mhz-recorded",
        "stm32f103-128mhz-recorded",
    ]
    assert len(select(firmware, [])) == len(all_runs())
    with pytest.raises(UsageError, match=r"No guarded firmware .* 'stm32f13' \(did you mean 'stm32f103'\?\)"):
        select(firmware, ["stm32f13"])


def test_this_project_guards_every_board_at_every_clock() -> None:
    """With the figures of their baselines no test is concerned: that is what `make check` is for."""
    config = read_config(ROOT / "scopeless.toml")
    assert {one.name for one in config.firmware} == {run.stem for run in all_runs()}
    assert {path.stem for path in config.baselines.iterdir()} == {one.name for one in config.firmware}
    for one in config.firmware:
        baseline = read_baseline(config.baselines, one.name)
        assert (baseline.board, baseline.clock_mhz, *baseline.models) == (
            one.board,
            one.clock_mhz,
            *one.models,
        )


def test_a_baseline_reads_back(tmp_path: Path) -> None:
    folder = tmp_path / "made" / "for it"
    assert write_baseline(folder, make_cost())
    assert read_baseline(folder, "app") == make_cost()
    assert not write_baseline(folder, make_cost()), "what stands there is not written again"


@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        (lambda text: text[:-20], "is not JSON ("),
        (lambda text: "<<<<<<< HEAD\n" + text, "is not JSON ("),
        (lambda text: "[]", "has schema None, this Scopeless reads 1;"),
        (lambda text: json.dumps(json.loads(text) | {"schema": 2}), "has schema 2, this Scopeless reads 1;"),
        (lambda text: json.dumps(json.loads(text) | {"flash": "1"}), "is not valid: flash must be a whole"),
        (lambda text: json.dumps(json.loads(text) | {"models": {"simple1": {}}}), "models.simple1.toggle is"),
        (lambda text: json.dumps(json.loads(text) | {"name": "other"}), "is that of 'other';"),
    ],
)
def test_a_damaged_baseline_names_the_file_and_the_way_out(
    tmp_path: Path, damage: object, complaint: str
) -> None:
    assert callable(damage)
    path = baseline_path(tmp_path, "app")
    path.write_text(damage(to_json(make_cost())))
    with pytest.raises(UsageError) as caught:
        read_baseline(tmp_path, "app")
    assert str(path) in str(caught.value)
    assert complaint in str(caught.value)
    assert str(caught.value).endswith("write it anew with `scopeless check --update`.")
