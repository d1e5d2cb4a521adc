"""The pytest plugin: tests of firmware, run by pytest itself, on the real engine."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pandas  # noqa: F401  (pytester's runs would load numpy anew, which numpy refuses)
import pytest

from commands import ROOT
from scopeless.errors import UsageError
from scopeless.testing.figures import read_figures
from support.arm import assemble

pytest_plugins = ["pytester"]

START = """
def start(mcu):
    mcu.start("app.elf", board="stm32f103")
    mcu.expect("^Ready$")
    mcu.send("START=1")
    mcu.expect("^Run 1: ")
"""
CHECK = (
    START
    + """
def test_simple1(mcu):
    start(mcu)
    mcu.check("simple1", mcu.window("PB12", -1).cycles)
"""
)


@pytest.fixture
def folder(pytester: pytest.Pytester) -> Path:
    """A project with firmware."""
    shutil.copy(ROOT / "firmware/prebuilt/stm32f103-72mhz-recorded.elf", pytester.path / "app.elf")
    return pytester.path


def run(pytester: pytest.Pytester, text: str = "", *arguments: str) -> pytest.RunResult:
    """Run pytest on a file with ``text``, or on what is there."""
    if text:
        pytester.makepyfile(test_app=text)
    return pytester.runpytest_inprocess("-p", "no:xdist", *arguments)


def figures(folder: Path) -> dict[str, dict[str, int]]:
    data = json.loads((folder / "baselines/pytest.json").read_text())
    assert data["schema"] == 1
    return dict(data["figures"])


def test_a_figure_is_accepted_guarded_and_explained(pytester: pytest.Pytester, folder: Path) -> None:
    new = run(pytester, CHECK)
    new.assert_outcomes(failed=1)
    new.stdout.re_match_lines(
        [r"E +Failed: simple1 is \d+, and baselines/pytest.json has no such figure of this test;"]
    )
    accepted = run(pytester, "", "--scopeless-update")
    accepted.assert_outcomes(passed=1)
    accepted.stdout.fnmatch_lines(["scopeless: accepted 1 figures, 1 changed, in *baselines/pytest.json"])
    ((test, own),) = figures(folder).items()
    assert test == "test_app.py::test_simple1"
    cycles = own["simple1"]
    assert cycles > 1000
    run(pytester, "", "--junitxml=junit.xml").assert_outcomes(passed=1)
    assert f'<property name="scopeless simple1" value="{cycles}"' in (folder / "junit.xml").read_text()

    (folder / "baselines/pytest.json").write_text(
        json.dumps({"schema": 1, "figures": {test: {"simple1": cycles - 10}}})
    )
    grown = run(pytester)
    grown.assert_outcomes(failed=1)
    grown.stdout.re_match_lines(
        [
            r'>       mcu.check\("simple1", mcu.window\("PB12", -1\).cycles\)',
            rf"E +Failed: simple1 grew from {cycles - 10} to {cycles} \(\+10, \+0\.\d\d %\), limit 0;",
            r"-+ UART of stm32f103, app.elf -+",
            r"cycle +[\d,]+   Ready",
            r"cycle +[\d,]+ > START=1",
            r"cycle +[\d,]+   Run 1: ",
        ]
    )
    assert "mcu.py" not in grown.stdout.str(), "the traceback ends in the test"
    run(pytester, CHECK.replace(".cycles)", '.cycles, limit="+10")')).assert_outcomes(passed=1)


def test_only_the_figures_of_tests_that_pass_are_accepted(pytester: pytest.Pytester, folder: Path) -> None:
    (folder / "baselines").mkdir()
    old = {
        "test_app.py::test_bad": {"a": 1},
        "test_app.py::test_good": {"gone": 1},
        "test_b.py::test": {"b": 2},
    }
    (folder / "baselines/pytest.json").write_text(json.dumps({"schema": 1, "figures": old}))
    text = """
        def test_good(mcu):
            mcu.check("b", 3)
            mcu.check("a", 2)

        def test_bad(mcu):
            mcu.check("a", 5)
            assert False
    """
    run(pytester, text, "--scopeless-update").assert_outcomes(passed=1, failed=1)
    assert figures(folder) == old | {"test_app.py::test_good": {"b": 3, "a": 2}}


def test_workers_of_xdist_bring_their_figures(pytester: pytest.Pytester, folder: Path) -> None:
    pytester.makepyfile(
        test_app="""
            import pytest

            @pytest.mark.parametrize("number", range(6))
            def test_it(mcu, number):
                mcu.check("number", number)
        """
    )
    pytester.runpytest_subprocess("-n", "2", "--scopeless-update").assert_outcomes(passed=6)
    assert figures(folder) == {f"test_app.py::test_it[{number}]": {"number": number} for number in range(6)}


def test_the_board_itself_is_at_hand(pytester: pytest.Pytester, folder: Path) -> None:
    text = (
        START
        + """
def test_it(mcu):
    start(mcu)
    high = [mcu.window("PB12", number) for number in (1, 2, 3)]
    low = mcu.window("PB12", begin="falling", end="rising")
    assert mcu.window("PB12", end="rising").cycles == high[0].cycles + low.cycles
    assert mcu.window("PB12", -1) == high[2]
    assert high[2].instructions < high[2].cycles
    with mcu.machine.trace() as trace:
        mcu.expect("^Run 1: ")
    mcu.check("dot", trace.functions.loc["dot"].calls)
    assert mcu.machine.pin("PB12").pulses.cycles.tolist()[4] == high[2].cycles
    mcu.send("STOP")
    assert mcu.expect("^(St)opped$")[1] == "St"
    mcu.start("app.elf", board="stm32f103")
    assert mcu.machine.cycles == 0
"""
    )
    run(pytester, text, "--scopeless-update").assert_outcomes(passed=1)
    assert figures(folder) == {"test_app.py::test_it": {"dot": 1}}


def test_lines_that_came_before_are_not_missed(pytester: pytest.Pytester, folder: Path) -> None:
    text = """
        def test_it(mcu):
            mcu.start("app.elf", board="stm32f103")
            mcu.machine.run_for("100ms")
            mcu.expect("^Scopeless benchmark")
            mcu.expect("^Ready$")
            mcu.send("TEST=1")
            mcu.machine.run_until_line("^Finished$")
            assert mcu.expect(r"^\\[0 0 1\\] = (.*)$")[1].startswith("0.")
            mcu.expect("^Finished$")
    """
    run(pytester, text).assert_outcomes(passed=1)


WRONG = {
    'mcu.expect("^Dune$", timeout="5ms")': r"did not send a line that matches '\^Dune\$' within 5ms",
    'mcu.window("PB12", 2)': r"PB12 has no window number 2; it had 0 edges and 0 windows\.",
    'mcu.window("PB12", begin="up")': r"An edge is 'rising' or 'falling', not 'up'\.",
    'mcu.check("a", 1, limit="little")': r"'little' is not a limit; write '1%', '\+50' or both",
    'mcu.check("a", 1.5)': r"a must be a whole number, not 1\.5\.",
    'mcu.start("no.elf", board="stm32f103")': r"Firmware \S+no\.elf cannot be read: no such file or dir",
    'mcu.start("app.elf", board="stm32f13")': r"There is no board called 'stm32f13'; did you mean",
}


def test_what_goes_wrong_is_one_sentence(pytester: pytest.Pytester, folder: Path) -> None:
    text = "".join(
        f"""
def test_{number}(mcu):
    mcu.start('app.elf', board='stm32f103')
    mcu.expect('^Ready$')
    {line}
"""
        for number, line in enumerate(WRONG)
    )
    result = run(pytester, text)
    result.assert_outcomes(failed=len(WRONG))
    result.stdout.re_match_lines([rf"E +Failed: .*{complaint}" for complaint in WRONG.values()])
    assert "/scopeless/" not in re.sub(r"E +Failed.*", "", result.stdout.str())


def test_a_fault_shows_registers_and_transcript(pytester: pytest.Pytester, folder: Path) -> None:
    shutil.copy(assemble("ldr r0, =0xF0000000\n ldr r0, [r0]\n"), folder / "app.elf")
    text = "def test_it(mcu):\n    mcu.start('app.elf', board='stm32f103')\n    mcu.expect('^Ready$')"
    result = run(pytester, text)
    result.assert_outcomes(failed=1)
    result.stdout.re_match_lines(
        [
            r"E +Failed: The firmware .* at PC 0x0800",
            r"E +r0 ",
            r"-+ UART of",
            r"nothing was sent or received",
        ]
    )


def test_without_a_board(pytester: pytest.Pytester) -> None:
    result = run(pytester, "def test_it(mcu):\n    mcu.expect('x')")
    result.stdout.re_match_lines([r'E +Failed: No board runs; begin with mcu.start\("firmware.elf", board='])


def test_a_figure_has_a_name_of_its_own(pytester: pytest.Pytester) -> None:
    text = "def test_it(mcu):\n    mcu.check('a', 1)\n    mcu.check('a', 1)"
    result = run(pytester, text, "--scopeless-update")
    result.stdout.re_match_lines(
        [r"E +Failed: 'a' was checked before in this test; give each figure a name of"]
    )


def test_a_damaged_baseline(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nscopeless_baseline = figures.json\n")
    path = pytester.path / "figures.json"
    path.write_text("<<<<<<< HEAD")
    text = "def test_it(mcu):\n    mcu.check('a', 1)"
    result = run(pytester, text)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["The baseline *figures.json is not JSON*write it anew with*"])
    run(pytester, "", "--scopeless-update").assert_outcomes(passed=1)
    assert read_figures(path) == {"test_app.py::test_it": {"a": 1}}


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("{", "is not JSON"),
        ("[]", "is not of schema 1"),
        ('{"schema": 1}', "figures must be whole numbers by test"),
        ('{"schema": 1, "figures": {"t": {"a": "1"}}}', "figures must be whole numbers by test"),
    ],
)
def test_damage_of_every_kind_is_named(tmp_path: Path, content: str, complaint: str) -> None:
    path = tmp_path / "figures.json"
    path.write_text(content)
    with pytest.raises(UsageError, match=complaint):
        read_figures(path)
