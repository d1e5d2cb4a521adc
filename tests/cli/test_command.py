"""The command as a whole: verbs, misuse, exit codes, output that goes nowhere."""

import os
import signal
import subprocess
import sys

import pytest

from commands import on_terminal, scopeless
from scopeless import __version__
from scopeless.board import board_names


def test_version() -> None:
    result = scopeless("--version")
    assert (result.returncode, result.stdout) == (0, f"scopeless {__version__}\n")


def test_help_lists_every_verb_with_its_summary() -> None:
    result = scopeless("--help")
    assert result.returncode == 0
    for verb in ("boards", "doctor", "sim"):
        assert f"\n    {verb} " in result.stdout
    assert "exit codes: 0 fine, 1 a check failed, 2 usage or set-up, 3" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "the following arguments are required: VERB; see 'scopeless --help'."),
        (["fly"], "invalid choice: 'fly'"),
        (["sim"], "the following arguments are required: BOARD; see 'scopeless sim --help'."),
        (["sim", "stm32f103", "--clock", "fast"], "argument --clock: invalid int value: 'fast'"),
        (["sim", "stm32f103", "--model", "simple3"], "invalid choice: 'simple3'"),
        (["sim", "stm32f103", "--jso", "x"], "unrecognized arguments: --jso x"),
        (["sim", "stm32f13"], "There is no board called 'stm32f13'; did you mean 'stm32f103'?"),
        (["sim", "pdp11"], f"There is no board called 'pdp11'; known boards: {', '.join(board_names())}."),
        (["sim", "../boards/stm32f103"], "There is no board called"),
        (["sim", "stm32f103", "--clock", "8"], "does not run at 8 MHz; choose one of its clocks: 72, 128."),
        (["sim", "arduino_uno", "--libm", "recorded"], "has no libm 'recorded'; choose one of: stock."),
        (["sim", "arduino_uno", "--engine", "unicorn"], "cannot run arduino_uno, whose core is avr"),
        (
            ["sim", "arduino_uno", "--engine", "warp"],
            "'warp' is not an engine; engines for arduino_uno: simavr.",
        ),
        (
            ["sim", "arduino_uno", "--json", "/nowhere/r.json"],
            "there is no folder /nowhere; create it first.",
        ),
        (["sim", "arduino_uno", "--vcd", "/"], "/ is a folder; give the name of a file in it."),
    ],
)
def test_misuse_is_one_sentence_and_exit_code_2(arguments: list[str], complaint: str) -> None:
    result = scopeless(*arguments)
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.startswith("scopeless: ") and result.stderr.count("\n") == 1
    assert complaint in result.stderr


def test_boards() -> None:
    result = scopeless("boards")
    assert result.returncode == 0 and result.stderr == ""
    assert "arduino_uno" in result.stdout
    assert "stm32f103" in result.stdout and "72, 128" in result.stdout


def test_piped_output_is_plain_and_aligned() -> None:
    title, header, *rows = scopeless("boards").stdout.rstrip("\n").split("\n")
    assert title == "Boards"
    assert "\x1b" not in "".join(rows)
    core = header.index("core")
    assert {row[core - 2 : core] for row in rows} == {"  "}


def test_a_terminal_gets_colour_and_no_color_takes_it_away() -> None:
    assert "36m" in on_terminal("boards")
    assert "36m" not in on_terminal("boards", NO_COLOR="1")
    assert "\x1b" not in on_terminal("boards", TERM="dumb")


def test_a_reader_that_has_gone_is_no_traceback() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "scopeless", "boards"]
    result = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, check=False, timeout=60)
    os.close(writer)
    assert (result.returncode, result.stderr) == (128 + signal.SIGPIPE, b"")


def test_a_full_disk_is_one_sentence() -> None:
    result = scopeless("sim", "stm32f103", "--model", "simple1", "--json", "/dev/full")
    assert (result.returncode, result.stderr) == (
        2,
        "scopeless: /dev/full cannot be written: No space left on device.\n",
    )
    with open("/dev/full", "w") as full:
        process = subprocess.run(
            [sys.executable, "-m", "scopeless", "boards"], stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert (process.returncode, process.stderr) == (
        2,
        "scopeless: Standard output cannot be written: No space left on device.\n",
    )


def test_a_closed_output_is_no_traceback() -> None:
    command = [sys.executable, "-m", "scopeless", "boards"]
    process = subprocess.run(["sh", "-c", '"$@" >&- 2>&-', "sh", *command], capture_output=True)
    assert (process.returncode, process.stdout, process.stderr) == (0, b"", b"")


def test_ctrl_c_during_the_imports_is_quiet(tmp_path) -> None:
    (tmp_path / "argparse.py").write_text("import os, signal; os.kill(os.getpid(), signal.SIGINT)")
    result = scopeless("boards", PYTHONPATH=f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    assert (result.returncode, result.stdout, result.stderr) == (-signal.SIGINT, "", "")
