"""What tests of every kind share."""

import collections
import functools
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

PROJECT = Path(__file__).parents[1]

pytest_plugins = [
    "tests.helpers.fixtures",
    "tests.lab.fixtures",
    "tests.lab.kernel.fixtures",
]
"""Named here and nowhere else: a plugin that a test module imports first cannot be rewritten."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--rewrite",
        action="store_true",
        help="write what was answered into the data files; the review reads the difference",
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What waits comes first, what computes fills the gaps: else the end waits for a long test."""
    sizes = collections.Counter(item.path for item in items)
    items.sort(key=lambda item: (_turn(item), -sizes[item.path]))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer | None) -> LoadScopeScheduling:
    return FilesAndLab(config, log)


class FilesAndLab(LoadScopeScheduling):
    """Which tests stay together on one worker: those of a file, for its fixtures.

    And those with the user-mode-linux lab on two workers, the live tests on one and the others on
    the other: its machines take a core each, and more labs would only wait for each other.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::", maxsplit=1)[0]
        if not _uses_kernel_lab(file):
            return file
        return "kernel lab, live" if file.startswith("tests/live/") else "kernel lab"


@functools.cache
def _uses_kernel_lab(file: str) -> bool:
    return "mark.kernel_lab" in (PROJECT / file).read_text()


def _turn(item: pytest.Item) -> int:
    return 0 if _needs(item, "kernel_lab") else 1 if _needs(item, "lab") else 2


def _needs(item: pytest.Item, lab: str) -> bool:
    return item.get_closest_marker(lab) is not None


@pytest.fixture
def rewrite(request: pytest.FixtureRequest) -> bool:
    """Whether data files are to be written instead of compared."""
    return bool(request.config.getoption("--rewrite"))
