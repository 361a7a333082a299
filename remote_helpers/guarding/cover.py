"""The reset that works without the guard: what covers a guard that is killed or frozen.

It is armed for as long as anything may be held, so that a guard that dies idle harms nobody.
"""

import os
import stat
from typing import Any, Callable, Dict, List, Optional, Tuple

from remote_helpers.guarding.background import Background
from remote_helpers.guarding.device_cover import DeviceCover
from remote_helpers.guarding.places import Places
from remote_helpers.guarding.settings import Settings
from remote_helpers.guarding.systemd_cover import SystemdCover, shortest


class NoCover:
    """Nothing resets this server when its guard is dead."""

    kind = "none"
    armed = starting = False
    seconds = 0.0
    problem = ""

    def arm(self) -> None:
        pass

    def feed(self) -> None:
        pass

    def rearm(self, seconds: float, may: Callable[[], bool]) -> None:
        pass

    def disarm(self) -> None:
        pass

    def hand_over(self) -> Tuple[Dict[str, Any], Optional[int]]:
        return {}, None

    def resume(self, left: Dict[str, Any], descriptor: Optional[int]) -> None:
        pass


def choose(wanted: Settings, places: Places, background: Background) -> Tuple[Any, List[str]]:
    """The best there is of what is wanted, and why nothing better."""
    warnings: List[str] = []
    seconds = wanted.terms.watchdog
    if wanted.reset == "none" or seconds <= 0.0:
        return NoCover(), ["no reset is wanted when the guard is dead"]
    if wanted.reset in ("", "device") and wanted.device:
        problem = _why_no_device(wanted.device, seconds)
        if not problem:
            return DeviceCover(wanted.device, seconds), warnings
        warnings.append(problem)
    if wanted.reset in ("", "systemd"):
        problem = _why_no_systemd(seconds)
        if not problem:
            return SystemdCover(wanted.group, places, seconds, background), warnings
        warnings.append(problem)
    return NoCover(), [*warnings, "nothing resets this server when its guard is dead"]


def _why_no_device(path: str, seconds: float) -> str:
    try:
        if not stat.S_ISCHR(os.stat(path).st_mode):
            return "{} is no device".format(path)
    except OSError as problem:
        return "watchdog {}: {}".format(path, problem.strerror)
    if seconds < 1.0:
        return "watchdog {} counts whole seconds, {:g} is wanted".format(path, seconds)
    return ""


def _why_no_systemd(seconds: float) -> str:
    if not os.path.isdir("/run/systemd/system"):
        return "systemd does not run here"
    if seconds < shortest():
        return "a unit's watchdog takes at least {:g} s, {:g} is wanted".format(shortest(), seconds)
    return ""
