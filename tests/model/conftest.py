"""The markers of the model runs, and what they need."""

import os
import shutil

import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "model: runs the model checker Spin")
    config.addinivalue_line("markers", "model_big: minutes and gigabytes of model checking")


@pytest.fixture(scope="session")
def spin() -> None:
    """Spin and a compiler for what it writes."""
    missing = [tool for tool in ("spin", "gcc") if shutil.which(tool) is None]
    if missing and os.environ.get("CI"):
        pytest.fail(f"{' and '.join(missing)} missing: apt-get install spin gcc")
    if missing:
        pytest.skip(f"THE MODEL WAS NOT CHECKED: {' and '.join(missing)} missing")
