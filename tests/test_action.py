"""The GitHub action: its steps run here as a runner would run them, on real firmware, against a stand-in for
GitHub's API."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from commands import ROOT
from scopeless.board import load_board
from scopeless.cli import main
from scopeless.firmware.build import firmware_for
from support.github_double import PULL_REQUEST, GitHub, Job, Runner
from support.junit import check_junit

EVENT = {"pull_request": {"number": PULL_REQUEST}}


@pytest.fixture
def github() -> Iterator[GitHub]:
    """GitHub with an empty pull request."""
    github = GitHub()
    yield github
    github.close()


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with firmware and its baseline."""
    folder = tmp_path_factory.mktemp("project")
    shutil.copy(firmware_for(load_board("stm32f103"), 72, "recorded"), folder / "app.elf")
    (folder / "scopeless.toml").write_text(
        '[[firmware]]\nboard = "stm32f103"\nelf = "app.elf"\nmodels = ["simple1"]\n'
    )
    assert main(["check", "--update", "--config", str(folder / "scopeless.toml")]) == 0
    return folder


@pytest.fixture
def workspace(project: Path, tmp_path: Path) -> Path:
    """A checkout of the project."""
    return shutil.copytree(project, tmp_path / "work")


@pytest.fixture
def runner(workspace: Path, tmp_path: Path, github: GitHub) -> Runner:
    """A runner of the project's own action."""
    (tmp_path / "temp").mkdir()
    return Runner(ROOT, workspace, tmp_path / "temp", github)


def lower_the_baseline(workspace: Path) -> None:
    path = workspace / "baselines/app.json"
    data = json.loads(path.read_text())
    data["models"]["simple1"]["predict"] -= 10
    path.write_text(json.dumps(data))


def counts(job: Job) -> tuple[str, ...]:
    return tuple(job.outputs[name] for name in ("exit-code", "regressions", "failures"))


def test_a_pull_request_gets_one_comment_that_is_updated(
    runner: Runner, workspace: Path, tmp_path: Path, github: GitHub
) -> None:
    for _ in range(150):
        github.add("Looks good to me.")
    first = runner.run(event=EVENT)
    assert (first.code, counts(first)) == (0, ("0", "0", "0"))
    subprocess.run([first.outputs["python"], "-c", "import scopeless"], check=True)
    assert len(github.comments) == 151
    good = github.comments[-1]["body"]
    assert good.startswith(
        "<!-- scopeless check scopeless.toml -->\n### :white_check_mark: Scopeless check\n"
    )
    assert first.summary == good.split("\n", 1)[1]

    lower_the_baseline(workspace)
    second = runner.run(event=EVENT)
    assert (second.code, counts(second)) == (3, ("3", "1", "0"))
    assert len(github.comments) == 151, "the same comment"
    bad = github.comments[-1]["body"]
    assert "### :x: Scopeless check" in bad and "| app | simple1 predict |" in bad and "| +10 |" in bad
    assert "::error title=Scopeless check::scopeless: 1 figure grew beyond its limit" in second.log
    assert second.used["actions/upload-artifact@v4"] == {
        "name": "scopeless",
        "path": str(tmp_path / "temp/scopeless"),
    }
    check_junit((tmp_path / "temp/scopeless/check.xml").read_text())
    assert json.loads((tmp_path / "temp/scopeless/check.json").read_text())["regressions"] == 1


def test_checks_of_other_firmware_have_a_comment_each(runner: Runner, github: GitHub) -> None:
    assert runner.run(event=EVENT).code == 0
    assert runner.run(event=EVENT, names="stm32f103").code == 0
    assert [comment["body"].splitlines()[0] for comment in github.comments] == [
        "<!-- scopeless check scopeless.toml -->",
        "<!-- scopeless check scopeless.toml stm32f103 -->",
    ]


@pytest.mark.parametrize("refusal", [403, 404, 500])
def test_a_token_that_may_not_comment_is_a_note(runner: Runner, github: GitHub, refusal: int) -> None:
    github.may_write, github.refusal = False, refusal
    job = runner.run(event=EVENT)
    assert job.code == 0 and github.comments == []
    assert "::notice title=Scopeless check::No comment on the pull request: " in job.log
    assert ("for a pull request from a fork GitHub withholds it" in job.log) == (refusal != 500)


def test_where_github_does_not_answer(runner: Runner, github: GitHub) -> None:
    github.url = "http://127.0.0.1:9"
    job = runner.run(event=EVENT)
    assert job.code == 0
    assert "::notice title=Scopeless check::No comment on the pull request: <urlopen error" in job.log


def test_a_push_has_nothing_to_comment_on(runner: Runner, github: GitHub) -> None:
    job = runner.run(event={"ref": "refs/heads/main"})
    assert (job.code, github.calls) == (0, [])
    assert "This run is not of a pull request" in job.log


def test_without_a_comment(runner: Runner, github: GitHub) -> None:
    assert runner.run(event=EVENT, comment="false").code == 0
    assert github.calls == []


def test_a_comment_that_is_too_long_says_where_the_rest_is(
    runner: Runner, workspace: Path, github: GitHub
) -> None:
    baseline = json.loads((workspace / "baselines/app.json").read_text())
    baseline["origin"]["flags"] = [f"-f{'x' * 100}{number}" for number in range(1000)]
    (workspace / "baselines/app.json").write_text(json.dumps(baseline))
    assert runner.run(event=EVENT).code == 0
    body = github.comments[0]["body"]
    assert len(body) <= 65536 and body.endswith("\n\nThe rest is in the job's summary.\n")


def test_update_accepts_and_leaves_the_baselines(runner: Runner, workspace: Path) -> None:
    lower_the_baseline(workspace)
    assert runner.run(update="true").code == 0
    assert runner.run().code == 0


def test_misuse_is_said_everywhere(runner: Runner, workspace: Path, github: GitHub) -> None:
    (workspace / "scopeless.toml").unlink()
    job = runner.run(event=EVENT)
    assert (job.code, counts(job)) == (2, ("2", "", ""))
    assert "There is no scopeless.toml; write one" in job.summary
    assert "There is no scopeless.toml; write one" in github.comments[0]["body"]


def test_a_build_runs_first_and_its_failure_ends_the_job(runner: Runner, workspace: Path) -> None:
    (workspace / "app.elf").rename(workspace / "built.elf")
    assert runner.run(build="cp built.elf app.elf").code == 0
    failed: Job = runner.run(build="echo 'network.c:24: error' && false; echo not reached")
    assert failed.code == 1 and "network.c:24: error" in failed.log and "not reached" not in failed.log
    assert failed.outputs["exit-code"] == ""


def test_inputs_are_never_scripts(runner: Runner, workspace: Path) -> None:
    job = runner.run(names="'$(touch stolen)' `touch stolen`")
    assert job.code == 2 and not (workspace / "stolen").exists()


DOCUMENTED = re.findall(
    r"^```yaml\n(on:.*?)^```", (ROOT / "docs/ci.md").read_text(), re.MULTILINE | re.DOTALL
)
EXAMPLES = [path.read_text() for path in (ROOT / "examples").glob("*/ci/github.yml")]


@pytest.mark.parametrize("text", [*DOCUMENTED, *EXAMPLES], ids=["docs", *map(str, range(len(EXAMPLES)))])
def test_documented_jobs_use_inputs_and_outputs_that_there_are(text: str) -> None:
    steps = yaml.safe_load(text)["jobs"]["cycles"]["steps"]
    (action,) = [step for step in steps if "scopeless" in step.get("uses", "")]
    metadata = yaml.safe_load((ROOT / "action.yml").read_text())
    assert action["with"].keys() <= metadata["inputs"].keys()
    assert set(re.findall(r"steps\.scopeless\.outputs\.([a-z-]+)", text)) <= metadata["outputs"].keys()


def test_the_documented_job_is_ten_lines() -> None:
    (text,) = DOCUMENTED
    assert len(text.splitlines()) <= 10
