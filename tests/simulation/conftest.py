"""The marker of the long runs."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "cuts: kills the daemon at each of its effects")
