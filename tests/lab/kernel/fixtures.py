"""Kernel labs as pytest fixtures; tests/conftest.py loads them.

Where they cannot run, tests say so loudly, as those of the namespaces lab do.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator

import pytest

from tests.lab import addresses, provided
from tests.lab.kernel.lab import KernelLab

_TIME = "kernel lab, seconds: "


@pytest.fixture(scope="module")
def kernel_lab_of_module() -> Iterator[KernelLab]:
    with a_lab() as lab:
        yield lab


@pytest.fixture
def kernel_lab(kernel_lab_of_module: KernelLab) -> Iterator[KernelLab]:
    """One lab for the module, with both machines on and connected after each test."""
    yield kernel_lab_of_module
    heal(kernel_lab_of_module)


@pytest.fixture
def fresh_kernel_lab() -> Iterator[KernelLab]:
    """A new lab for this test alone: four seconds more."""
    with a_lab() as lab:
        yield lab


@contextlib.contextmanager
def a_lab(variant: str = "base") -> Iterator[KernelLab]:
    with provided.lab("kernel", variant) as lab:
        assert isinstance(lab, KernelLab)
        yield lab


def heal(lab: KernelLab) -> None:
    """Both machines on, running and connected."""
    for server in addresses.SERVERS:
        lab.join(server)
        lab.power_switch_on(server)
        if lab.powered(server):
            lab.thaw(server)
        else:
            lab.power_on(server)


@pytest.fixture
def step(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """`step("what was done since the last one")`: its time stands in the test report."""
    began = time.monotonic()

    def end(name: str) -> None:
        nonlocal began
        now = time.monotonic()
        record_property(_TIME + name, round(now - began, 2))
        began = now

    return end


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [*terminalreporter.stats.get("passed", []), *terminalreporter.stats.get("failed", [])]
    times = [
        (report.nodeid.rpartition("::")[2], name.removeprefix(_TIME), seconds)
        for report in reports
        if getattr(report, "when", "") == "call"
        for name, seconds in report.user_properties
        if name.startswith(_TIME)
    ]
    if times:
        terminalreporter.section("KERNEL LAB TIMES")
        for test, name, seconds in times:
            terminalreporter.line(f"{seconds:7.2f} s  {name} ({test})")
