"""What became of an order to a fencing device, in words that decisions and people can use."""

import dataclasses
import enum
import itertools
from collections.abc import Iterable

from orchestrator.model import Monotonic, Refusal, ServerName
from orchestrator.model.guard_report import FenceResult
from remote_helpers.protocol.words import Reign


class Action(enum.Enum):
    OFF = "off"
    ON = "on"
    STATUS = "status"
    MONITOR = "monitor"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One question or order to one device."""

    device: str
    """Agent and place, e.g. `fence_ipmilan 10.1.1.11`."""
    level: int
    action: Action
    sent: bool
    """The agent was started: an order may have reached the device."""
    done: bool
    """The device says that it did, or can tell, what it was asked."""
    saw: str
    """`it is off`, `timed out after 20 s`, ...; never a secret."""
    took_s: float

    def __str__(self) -> str:
        return f"{self.device} (level {self.level}): {self.action.value}: {self.saw}"


class Power(enum.Enum):
    ON = "on"
    OFF = "off"
    UNKNOWN = "unknown"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The state of one device's plug, as asked."""

    power: Power
    attempt: Attempt


def power_of(readings: Iterable[Reading]) -> Power:
    """Of a server, by its devices: the first level that can tell. A board without power says
    nothing, and the strip behind it does; all plugs of one level are to be off.
    """
    for _, level in itertools.groupby(readings, key=lambda one: one.attempt.level):
        seen = {one.power for one in level}
        if Power.ON in seen:
            return Power.ON
        if seen == {Power.OFF}:
            return Power.OFF
    return Power.UNKNOWN


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Fenced:
    """Ordered off and, after the order, read back as off."""

    server: ServerName
    read_at: Monotonic
    attempts: tuple[Attempt, ...]
    took_s: float


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class NotFenced:
    """Nothing is known of the server that was not known before."""

    server: ServerName
    refusal: Refusal
    attempts: tuple[Attempt, ...]
    took_s: float
    ended_at: Monotonic
    may_still_act: bool
    """An order went out: a slow device may carry it out later. Nothing may be promoted on that
    server before its state has been read."""


FenceOutcome = Fenced | NotFenced


def result_of(outcome: FenceOutcome, asked_for: Reign | None) -> FenceResult:
    """What `decide` takes: a proof for the reign for which the server was fenced, or none."""
    match outcome:
        case Fenced(server=server, read_at=read_at):
            return FenceResult(server=server, asked_for=asked_for, off=True, read_at=read_at)
        case NotFenced():
            return FenceResult(
                server=outcome.server,
                asked_for=asked_for,
                off=False,
                read_at=outcome.ended_at,
                may_still_act=outcome.may_still_act,
            )
