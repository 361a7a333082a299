"""What was seen of one server, each fact with its age, or why it is not known.

`Unknown` is never read as 'no': silence is not death, a check that timed out is not 'stopped'.
"""

import dataclasses
import enum
from collections.abc import Mapping
from typing import Generic, TypeVar

from orchestrator.model.ids import ControllerId, Epoch, ResourceName, ServerName
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
class ServerView:
    """One server at one moment."""

    server: ServerName
    reach: Observation[None]
    """Seen(None): it answered; Unknown: why not."""
    resources: Mapping[ResourceName, Observation[ResourceState]]
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
