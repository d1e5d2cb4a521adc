"""The pytest plugin: the fixture ``mcu``, ``--scopeless-update``, the transcript below a failure.

Figures travel as a test's user properties, which pytest-xdist brings from its workers and a JUnit report
shows; only the process that reads the reports writes the baseline.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from scopeless.testing.figures import Figures
    from scopeless.testing.mcu import Mcu

BASELINE = "scopeless_baseline"
UPDATE = "--scopeless-update"
PROPERTY = "scopeless "
"""What the names of properties begin with that are figures."""

_mcu = pytest.StashKey["Mcu"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option and the setting."""
    group = parser.getgroup("scopeless", "firmware on an emulated board")
    group.addoption(UPDATE, action="store_true", help="accept the figures that tests measure as baseline")
    parser.addini(BASELINE, "file of the accepted figures", default="baselines/pytest.json")


def pytest_configure(config: pytest.Config) -> None:
    """The process that writes the baseline listens to reports."""
    if config.getoption(UPDATE) and not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Writer(_path(config)), "scopeless-writer")


@pytest.fixture
def mcu(request: pytest.FixtureRequest) -> Iterator[Mcu]:
    """A board for this test: ``mcu.start``, ``send``, ``expect``, ``window``, ``check``."""
    from scopeless.errors import UsageError
    from scopeless.testing.figures import Accepted, read_figures
    from scopeless.testing.mcu import Mcu

    config, test = request.config, request.node.nodeid
    update = bool(config.getoption(UPDATE))
    try:
        figures = {} if update else read_figures(_path(config)).get(test, {})
    except UsageError as error:
        pytest.fail(str(error), pytrace=False)
    accepted = Accepted(figures, str(config.getini(BASELINE)), update=update)
    mcu = Mcu(config.rootpath, accepted)
    request.node.stash[_mcu] = mcu
    yield mcu
    mcu.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Figures to the report, and the transcript where the test failed."""
    mcu = item.stash.get(_mcu, None)
    if mcu is not None and call.when == "call":
        item.user_properties += [(PROPERTY + name, value) for name, value in mcu.measured.items()]
    report = yield
    if mcu is not None and call.when == "call" and report.failed and (shown := mcu.transcript()):
        report.sections.append(shown)
    return report


class _Writer:
    """Accepts the figures of the tests that passed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._measured: Figures = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and report.passed:
            own = {
                name.removeprefix(PROPERTY): value
                for name, value in report.user_properties
                if name.startswith(PROPERTY) and isinstance(value, int)
            }
            self._measured[report.nodeid] = own

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        from scopeless.testing.figures import write_figures

        changed = write_figures(self._path, self._measured)
        count = sum(map(len, self._measured.values()))
        terminalreporter.write_line(
            f"scopeless: accepted {count} figures, {changed} changed, in {self._path}"
        )


def _path(config: pytest.Config) -> Path:
    return config.rootpath / str(config.getini(BASELINE))
