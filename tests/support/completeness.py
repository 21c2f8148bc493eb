"""
The option `--all-must-run`: a skipped test fails the whole run, so that no gap goes unnoticed.

pytest itself fails if no test ran (exit code 5).
"""

import pytest

_SKIPPED = pytest.StashKey[list[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--all-must-run", action="store_true", help="fail if a test was skipped")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_SKIPPED] = []
    if config.getoption("--all-must-run") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Completeness(config))


class _Completeness:
    """Records the skipped tests of all processes, and fails the run if there are any."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._note(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._note(report)

    def _note(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if report.skipped:
            self._config.stash[_SKIPPED].append(report.nodeid)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self._config.stash[_SKIPPED] and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for name in self._config.stash[_SKIPPED]:
            terminalreporter.write_line(f"SKIPPED, and every test must run: {name}", red=True)
