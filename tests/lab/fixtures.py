"""Labs as pytest fixtures; tests/conftest.py loads them.

Where labs cannot run, their tests are skipped, and the end of the run says so in capitals; in
continuous integration (the variable CI is set) they fail instead.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.lab import addresses, provided
from tests.lab.namespaces.lab import NamespacesLab


@pytest.fixture(scope="module")
def namespaces_lab_of_module() -> Iterator[NamespacesLab]:
    yield from _lab()


@pytest.fixture
def namespaces_lab(namespaces_lab_of_module: NamespacesLab) -> Iterator[NamespacesLab]:
    """One lab for the module, with every fault ended after each test; its disks keep changes."""
    yield namespaces_lab_of_module
    heal(namespaces_lab_of_module)


@pytest.fixture
def fresh_namespaces_lab() -> Iterator[NamespacesLab]:
    """A new lab for this test alone: about a second more."""
    yield from _lab()


def heal(lab: NamespacesLab) -> None:
    """Both servers on, running and connected."""
    for server in addresses.SERVERS:
        lab.join(server)
        if lab.powered(server):
            lab.thaw(server)
        else:
            lab.power_on(server)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    not_run = [report for report in skipped if provided.NOT_RUN in str(report.longrepr)]
    if not_run:
        terminalreporter.section(provided.NOT_RUN, red=True, bold=True)
        terminalreporter.line(f"{len(not_run)} tests need root and a lab, and prove nothing here")


def _lab() -> Iterator[NamespacesLab]:
    with provided.lab("namespaces") as lab:
        assert isinstance(lab, NamespacesLab)
        yield lab
