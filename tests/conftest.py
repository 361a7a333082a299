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


@pytest.fixture
def rewrite(request: pytest.FixtureRequest) -> bool:
    """Whether data files are to be written instead of compared."""
    return bool(request.config.getoption("--rewrite"))
