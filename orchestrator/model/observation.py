"""What was seen of one server, each fact with its age, or why it is not known.

`Unknown` is never read as 'no': silence is not death, a check that timed out is not 'stopped'.
"""

import dataclasses
import enum
from collections.abc import Mapping
from typing import Generic, TypeVar

from orchestrator.model.data import DataFact
from orchestrator.model.ids import ControllerId, Epoch, NetworkName, ResourceName, RunId, ServerName
from orchestrator.model.moment import Monotonic
from orchestrator.model.resource import ResourceState

T = TypeVar("T")


class UnknownReason(enum.Enum):
    UNREACHABLE = "unreachable"
    TIMED_OUT = "timed out"
    CHECK_FAILED = "check failed"
    NOT_ASKED = "not asked"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Seen(Generic[T]):
    value: T
    at: Monotonic
    detail: str = ""
    """What a person should read beside the value: '2 processes, 3 wanted'."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    reason: UnknownReason
    at: Monotonic
    """When it was last tried."""
    detail: str = ""


Observation = Seen[T] | Unknown


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class EpochRecord:
    """What a server has on disk for a group (`/var/lib/hasys/GROUP`)."""

    promised: Epoch
    """The highest epoch it has heard of: it refuses lower ones."""
    reigning: Epoch
    """The epoch under which it last became ACTIVE; 0: never."""
    controller: ControllerId
    run: RunId
    """In whose name the promise was asked for: a reign is epoch, controller and run."""
    counter: int
    """Rises with every write; a fall means that the state was lost or restored."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class HostFacts:
    """What `hasys status` shows of the machine itself."""

    hostname: str
    boot_id: str
    os: str
    kernel: str
    model: str
    cpus_online: int
    cpus_total: int
    memory_bytes: int
    memory_available_bytes: int
    load1: float
    uptime_s: float
    addresses: Mapping[str, tuple[str, ...]]
    """Interface -> addresses with prefix length."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class NetworkState:
    """One of the group's networks as a server has it."""

    device: str
    is_there: bool
    up: bool
    """Switched on by the administrator."""
    carrier: bool
    speed_mbit: int | None
    addresses: tuple[str, ...]
    gateway_answers: bool | None
    """On the link itself; None: no gateway is defined."""

    @property
    def trouble(self) -> str | None:
        """What is wrong with it, in words; None: nothing."""
        if not self.is_there:
            return f"there is no interface {self.device}"
        if not self.up:
            return f"{self.device} is switched off"
        if not self.carrier:
            return f"{self.device} has no carrier"
        if self.gateway_answers is False:
            return f"the gateway does not answer on {self.device}"
        return None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ServerView:
    """One server at one moment."""

    server: ServerName
    reach: Observation[None]
    """Seen(None): it answered; Unknown: why not."""
    resources: Mapping[ResourceName, Observation[ResourceState]]
    networks: Mapping[NetworkName, Observation[NetworkState]] = dataclasses.field(
        default_factory=dict
    )
    data: Mapping[ResourceName, Observation[DataFact]] = dataclasses.field(default_factory=dict)
    """Of those resources that carry data: DRBD, shared disks, mounted file systems."""
    epoch: Observation[EpochRecord | None]
    """Seen(None): the server has no record of this group."""
    facts: Observation[HostFacts]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class GroupView:
    """One frozen snapshot of both servers."""

    servers: tuple[ServerView, ServerView]
    taken_at: Monotonic

    def of(self, name: ServerName) -> ServerView:
        """Raises KeyError for a name that is not one of the two."""
        return {view.server: view for view in self.servers}[name]
