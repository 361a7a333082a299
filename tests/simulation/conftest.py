"""The marker of the long search."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "mutations: searches each planted bug through 500 seeds")
    config.addinivalue_line("markers", "cuts: kills the daemon at each of its effects")
