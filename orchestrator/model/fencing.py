"""Devices that switch a server off, and what resets one whose guard is dead, as configured."""

import dataclasses
import enum
from collections.abc import Mapping
from pathlib import Path


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """Where the value of an option stands; read when the agent is run, kept nowhere."""

    file: Path | None = None
    variable: str | None = None
    """Of the controller's environment."""

    def __str__(self) -> str:
        return f"file {self.file}" if self.file is not None else f"variable {self.variable}"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FenceDevice:
    """One device of one server: a fence agent of ClusterLabs and its options."""

    agent: str
    """Name or whole path."""
    level: int = 1
    """Levels are tried in order; all devices of one must succeed."""
    delay_s: float = 0.0
    """Before it is told to switch off."""
    timeout_s: float = 20.0
    """For one run of the agent."""
    options: Mapping[str, str | Secret] = dataclasses.field(default_factory=dict)


class Reset(enum.Enum):
    """What resets a server whose guard is dead; the words of the guard's settings."""

    BEST = ""
    DEVICE = "device"
    SYSTEMD = "systemd"
    NONE = "none"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Watchdog:
    reset: Reset = Reset.BEST
    device: str = ""
    """The device that a person named, e.g. `/dev/watchdog1`; empty: the guard finds one."""
