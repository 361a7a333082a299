"""What tests of every kind share."""

import pytest

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


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What waits comes first, what computes fills the gaps: a long test at the end is waited for.

    The user-mode-linux machines take a core each. All of their tests go to one worker, so that no
    two labs take both cores from each other; every other file stays whole, for its fixtures.
    """
    items.sort(key=_turn)
    for item in items:
        group = "kernel-lab" if _needs(item, "kernel_lab") else item.nodeid.split("::")[0]
        item.add_marker(pytest.mark.xdist_group(group))


def _turn(item: pytest.Item) -> int:
    return 0 if _needs(item, "kernel_lab") else 1 if _needs(item, "lab") else 2


def _needs(item: pytest.Item, lab: str) -> bool:
    return item.get_closest_marker(lab) is not None


@pytest.fixture
def rewrite(request: pytest.FixtureRequest) -> bool:
    """Whether data files are to be written instead of compared."""
    return bool(request.config.getoption("--rewrite"))
