"""What the controller keeps on disk for a group: all that a restart must not forget.

Times are of this controller's monotonic clock; `decision.restart` moves them after a restart.
"""

import dataclasses
import enum
from collections.abc import Mapping

from orchestrator.model.ids import ResourceName, ServerName
from orchestrator.model.moment import Monotonic
from orchestrator.model.refusal import Reason
from orchestrator.model.role import Mode, Role
from remote_helpers.protocol.words import Registration, Reign


class ProofKind(enum.Enum):
    """How a reign is known to be over. Each speaks of one reign only."""

    STOPPED = "stopped"
    BURNED = "burned"
    """It never began, and its server refuses it for ever."""
    FENCED = "fenced"
    RUN_OUT = "run-out"
    """A later reign was taken by a server that checked its own half."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class NotedReign:
    """A reign that may run from the moment it stands here, until a proof stands beside it."""

    reign: Reign
    proof: ProofKind | None = None
    proven: tuple[tuple[Reign, ProofKind], ...] = ()
    """What its order lists as over."""
    run_out: tuple[Reign, ...] = ()
    """What its order leaves to the check of the server."""
    forced: bool = False
    adopts: bool = False
    """Its server ran the service already, under nobody's reign."""
    ours: bool = True
    """Ordered by this controller; else learned from a server."""
    solo_number: int = 0
    solo_held: bool = False
    """A term without end may be held: noted before it is sent, struck when its end is known."""
    solo_ending: bool = False
    """`solo_number` was given to an end that is not acknowledged yet."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """The controller's vote in this group, as far as it is durable."""

    registration: Registration
    acknowledged: frozenset[ServerName] = frozenset()
    """Servers that hold `registration`."""
    chain: Mapping[ServerName, Registration] = dataclasses.field(default_factory=dict)
    """What this controller last held on each server, unbroken since it was registered on both."""
    tried: tuple[Registration, ...] = ()
    """Own registrations since then, any of which a server may hold without our knowing."""
    take_over: bool = False
    """A person said that the holder before is stopped: compare-and-set from whatever is there."""
    exact: frozenset[ServerName] = frozenset()
    """Servers acknowledged by compare-and-set from `chain`: nobody else came in between there."""
    reigns: tuple[NotedReign, ...] = ()
    lease_s: float = 3.0
    lease_max_s: float = 3.0
    counters: Mapping[ServerName, int] = dataclasses.field(default_factory=dict)
    """The highest counter seen of each server's record: a fall means a lost or restored record."""


class GoalKind(enum.Enum):
    START = "start"
    STOP = "stop"
    HAND_OVER = "hand-over"
    """Its reign ends because a run moves the service, which stays wanted whatever becomes of it."""
    SWITCHOVER = "switchover"
    FAILOVER = "failover"
    FAILBACK = "failback"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What is being brought about; kept until it is reached or given up."""

    kind: GoalKind
    target: ServerName
    source: ServerName | None
    since: Monotonic
    reason: Reason
    forced: bool = False
    reign: Reign | None = None
    """The reign ordered for it, once noted."""
    source_stopped: bool = False
    """A run has stopped the service on `source` in order: its reign may be ended. Ended before,
    a stop that fails could not be undone: a reign that is ending never opens its gate again."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """No movement by itself until then, or until a person clears it (until None)."""

    reason: Reason
    evidence: str
    until: Monotonic | None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What the policies count."""

    moves: tuple[Monotonic, ...] = ()
    """Automatic movements of the service."""
    restarts: Mapping[ResourceName, tuple[Monotonic, ...]] = dataclasses.field(default_factory=dict)
    leaves: Mapping[ServerName, tuple[Monotonic, ...]] = dataclasses.field(default_factory=dict)
    """When a server fell silent."""
    well_since: Mapping[ServerName, Monotonic] = dataclasses.field(default_factory=dict)
    silent_since: Mapping[ServerName, Monotonic] = dataclasses.field(default_factory=dict)
    started_at: Monotonic | None = None
    """When the service last became ACTIVE: the stabilisation time runs from here."""
    network_since: Mapping[ServerName, Monotonic] = dataclasses.field(default_factory=dict)
    """Since when a network that carries a service address fails there."""
    both_seen: bool = False
    """Since this controller started both servers have answered once."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The group's policies beside timing and failback; all settings."""

    flap_moves: int = 3
    flap_window_s: float = 3600.0
    block_s: float = 3600.0
    quarantine_leaves: int = 3
    quarantine_window_s: float = 3600.0
    quarantine_s: float = 7200.0
    startup_s: float = 60.0
    """How long to wait for a server that was not seen yet before the other is started alone."""
    solo_after_s: float = 10.0
    goal_patience_s: float = 30.0
    brake_share: float = 0.5
    brake_groups: int = 2
    brake_window_s: float = 10.0
    """Servers that fell silent within so long a time fell silent at once."""
    max_lag_s: float = 1.0
    network_wait_s: float = 3.0
    """A network that carries a service address has failed for so long: the service moves."""
    fencing: frozenset[ServerName] = frozenset()
    """Servers with a fencing device."""
    covered: bool = True
    """Every guard is covered by a verified watchdog."""
    accept_unfenced: bool = False
    margin_s: float = 0.25
    clock_error: float = 0.01


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class GroupState:
    vote: Vote
    mode: Mode = Mode.AUTOMATIC
    wanted: bool = False
    """A person wants the service to run; a group that was stopped stays stopped."""
    goal: Goal | None = None
    block: Block | None = None
    history: History = History()
    roles: Mapping[ServerName, Role] = dataclasses.field(default_factory=dict)
    quarantined: Mapping[ServerName, Monotonic] = dataclasses.field(default_factory=dict)
    outdated: frozenset[ServerName] = frozenset()
    """Servers whose data is known, or must be feared, to lack acknowledged writes; durable,
    because the last poll is older than the last write."""
    superseded: bool = False
    """Another controller holds the vote: this one answers and asks nothing."""
