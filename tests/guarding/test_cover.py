"""Which reset covers a guard. Devices that really reset are in the kernel lab."""

from pathlib import Path
from typing import Any

import pytest

from remote_helpers.guarding import cover
from remote_helpers.guarding.background import Background
from remote_helpers.guarding.device_cover import DeviceCover
from remote_helpers.guarding.places import Places
from remote_helpers.guarding.settings import parse
from tests.guarding.plain_settings import plain


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(str(tmp_path), str(tmp_path))


def chosen(places: Places, **changes: Any) -> tuple[str, str]:
    settings = parse(plain(**{"watchdog": 2.0, "reset": "", **changes}))
    found, warnings = cover.choose(settings, places, Background())
    return found.kind, "; ".join(warnings)


def test_a_device_comes_first(places: Places):
    assert chosen(places, watchdog_device="/dev/null") == ("device", "")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"reset": "none"}, "no reset is wanted"),
        ({"watchdog": 0.0}, "no reset is wanted"),
        ({"reset": "device", "watchdog_device": "/dev/no-such"}, "No such file"),
        ({"reset": "device", "watchdog_device": "/etc"}, "is no device"),
        ({"reset": "device", "watchdog_device": "/dev/null", "watchdog": 0.5}, "whole seconds"),
        ({"reset": "systemd", "watchdog": 0.2}, "0.2"),
    ],
)
def test_without_cover_it_says_why(places: Places, changes: dict[str, Any], said: str):
    kind, warnings = chosen(places, **changes)

    assert kind == "none"
    assert said in warnings or "systemd does not run here" in warnings


def test_a_device_that_takes_no_time_out_covers_nothing():
    one = DeviceCover("/dev/null", 2.0)

    one.arm()

    assert not one.armed
    assert "takes no time-out" in one.problem


def test_a_device_that_was_never_armed_is_not_touched():
    one = DeviceCover("/dev/no-such", 2.0)

    one.feed()
    one.disarm()

    assert (one.armed, one.problem) == (False, "")
