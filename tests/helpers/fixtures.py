"""Fixtures of tests against this machine's kernel; loaded by tests/conftest.py."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.service import Service
from tests.helpers.session import Session, session

_NOT_RUN = "KERNEL TESTS NOT RUN: they need root and namespaces"


@pytest.fixture
def root() -> None:
    """Skips loudly where the kernel cannot be asked; fails where it must be."""
    if (
        os.geteuid() == 0
        and subprocess.run(["unshare", "-nm", "true"], check=False).returncode == 0
    ):
        return
    if os.environ.get("CI"):
        pytest.fail(_NOT_RUN)
    pytest.skip(_NOT_RUN)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    count = sum(_NOT_RUN in str(report.longrepr) for report in skipped)
    if count:
        terminalreporter.section("KERNEL TESTS NOT RUN", red=True, bold=True)
        terminalreporter.line(f"{count} tests need root and namespaces, and prove nothing here")


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    made = Service(tmp_path)
    yield made
    for pid in [*made.marked(), *made.cleanup]:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


@pytest.fixture
def module_helper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """A helper that has promised the tests' reign."""
    with session(tmp_path_factory.mktemp("state")) as one:
        one.raise_epoch()
        yield one
