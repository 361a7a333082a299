"""The markers of the model runs."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "model: runs the model checker Spin")
    config.addinivalue_line("markers", "model_big: minutes and gigabytes of model checking")
