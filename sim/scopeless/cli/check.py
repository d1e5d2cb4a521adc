"""Guard cycle counts: measure firmware and compare it with its baseline.

What is guarded, and how much it may grow, stands in scopeless.toml; docs/ci.md describes it. Exit code 3
when a figure grew beyond its limit."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scopeless.cli._output import Output
    from scopeless.guard.baseline import Baseline
    from scopeless.guard.config import Config, Firmware
    from scopeless.guard.report import Outcome

UPDATE = "`scopeless check --update`"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``scopeless check``."""
    parser.add_argument("names", metavar="NAME", nargs="*", help="firmware or boards to check; default: all")
    parser.add_argument("--all", action="store_true", help="every board at every clock, not scopeless.toml's")
    parser.add_argument("--update", action="store_true", help="accept what is measured as the new baseline")
    parser.add_argument("--config", type=Path, metavar="FILE", help="default: scopeless.toml, in this folder")
    parser.add_argument("--jobs", type=int, metavar="N", help="runs at a time; default: one per processor")
    parser.add_argument("--verbose", action="store_true", help="show unchanged figures too")
    parser.add_argument("--junit", type=Path, metavar="FILE", help="write JUnit XML")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write a summary in Markdown")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything")
    parser.add_argument(
        "--github-benchmark", type=Path, metavar="FILE", help="write JSON for github-action-benchmark"
    )
    parser.add_argument("--bencher", type=Path, metavar="FILE", help="write Bencher Metric Format")


def run(args: argparse.Namespace) -> int:
    """Check or update; raise :class:`Regression` when a figure grew beyond its limit."""
    from scopeless.benchmark.matrix import in_parallel
    from scopeless.cli._output import Output, progress
    from scopeless.errors import ScopelessError, UsageError
    from scopeless.files import check_writable, write_atomically
    from scopeless.guard import report
    from scopeless.guard.baseline import write_baseline
    from scopeless.guard.compare import compare
    from scopeless.guard.config import select
    from scopeless.guard.measure import measure

    if args.jobs is not None and args.jobs < 1:
        raise UsageError(f"--jobs must be at least 1, not {args.jobs}.")
    files = {
        args.junit: report.to_junit,
        args.markdown: report.to_markdown,
        args.json: report.to_json,
        args.github_benchmark: report.to_github_benchmark,
        args.bencher: report.to_bencher,
    }
    for path in filter(None, files):
        check_writable(path)
    config = _config(args.config, every=args.all)
    chosen = select(config.firmware, args.names)
    baselines = _baselines(config, chosen, update=args.update)

    with progress(f"{len(chosen)} firmware") as step:
        measured = in_parallel(chosen, measure, jobs=args.jobs, done=lambda one: step(f"{one.name} is done"))
    comparisons, failures = [], []
    for one, now in zip(chosen, measured, strict=True):
        if isinstance(now, ScopelessError):
            failures.append((one, now))
        else:
            comparisons.append(compare(now, baselines.get(one.name), config.limits))
    outcome = report.Outcome(comparisons, failures)
    output = Output()
    _show(output, outcome, verbose=args.verbose)
    for path, write in files.items():
        if path:
            write_atomically(path, write(outcome))
    _judge_failures(outcome)
    if args.update:
        written = [c.now.name for c in comparisons if write_baseline(config.baselines, c.now)]
        output.line(
            f"Accepted: {len(written)} of {len(comparisons)} baselines in {config.baselines} changed."
        )
    else:
        _judge(output, outcome)
    return 0


def _config(path: Path | None, *, every: bool) -> Config:
    from scopeless.guard import config

    if every:
        there = path or (config.FILE if config.FILE.exists() else None)
        return config.every_board(config.read_config(there) if there else None)
    return config.read_config(path or config.FILE)


def _baselines(config: Config, chosen: list[Firmware], *, update: bool) -> dict[str, Baseline]:
    """What is there to compare with. When updating, a baseline that is missing or broken is no hindrance."""
    from scopeless.errors import UsageError
    from scopeless.guard.baseline import read_baseline

    baselines = {}
    for one in chosen:
        try:
            baseline = read_baseline(config.baselines, one.name)
            missing = set(one.parts) - baseline.parts.keys()
            if missing and not update:
                raise UsageError(
                    f"The baseline of {one.name} lacks {' and '.join(sorted(missing))}; add it with {UPDATE}."
                )
            baselines[one.name] = baseline
        except UsageError:
            if not update:
                raise
    return baselines


def _show(output: Output, outcome: Outcome, *, verbose: bool) -> None:
    from scopeless.guard.report import HEADER, table_rows

    for cause in outcome.cause_lines():
        output.line(cause, "yellow")
    rows = list(table_rows(outcome, every=verbose))
    if rows:
        output.table("Beside the baseline", HEADER, rows, left=2)
    for line in outcome.growth_lines():
        output.line(line)
    output.line(outcome.summary(), "bold")


def _judge_failures(outcome: Outcome) -> None:
    from scopeless.errors import CheckFailed, UsageError

    if outcome.failures:
        text = " ".join(f"{one.name}: {error}" for one, error in outcome.failures)
        misuse = any(isinstance(error, UsageError) for _, error in outcome.failures)
        raise (UsageError if misuse else CheckFailed)(text)


def _judge(output: Output, outcome: Outcome) -> None:
    from scopeless.errors import Regression
    from scopeless.guard.compare import Verdict

    regressions = outcome.count(Verdict.REGRESSION)
    if regressions:
        grew = (
            "1 figure grew beyond its limit"
            if regressions == 1
            else (f"{regressions} figures grew beyond their limits")
        )
        raise Regression(f"{grew}, see above; if that is meant, accept it with {UPDATE}.")
    if outcome.count(Verdict.IMPROVED):
        output.line(f"Keep the improvement: accept it with {UPDATE}.", "green")
