"""What is seen of the guards, beside what is seen of the resources."""

import dataclasses
from collections.abc import Mapping

from orchestrator.model.ids import ServerName
from orchestrator.model.moment import Monotonic
from orchestrator.model.observation import GroupView, Observation
from remote_helpers.protocol.messages import Report
from remote_helpers.protocol.words import Reign


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FenceResult:
    """What a fencing device said. Proof only for the reign for which it was asked."""

    server: ServerName
    asked_for: Reign | None
    off: bool
    """Read back, after the order, as off."""
    read_at: Monotonic
    may_still_act: bool = False
    """The order went out and its outcome is not known: it may be carried out later."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the controller knows about itself and the other groups."""

    lag_s: float = 0.0
    """How late the controller's own loop runs: silence seen through lag does not count."""
    groups: int = 1
    groups_silent: int = 0
    """Other groups in which a server fell silent within the window of the brake."""
    acting: str = ""
    """The run in progress on this group; its own steps stop and start what is looked at."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class GuardedView:
    """One frozen snapshot of both servers and their guards."""

    view: GroupView
    guards: Mapping[ServerName, Observation[Report]]
    fences: tuple[FenceResult, ...] = ()
    around: Surroundings = Surroundings()
    promises: Mapping[Reign, float] = dataclasses.field(default_factory=dict)
    """The latest end that this controller has promised to each reign."""
    minute: int = 0
    """Of the day, local time of the controller: for windows people write."""
