"""The seam between deciding and the servers: one request in, one reply out.

Everything above is written against `Transport`; tests and the simulator bring their own.
Unreachable is a reply, not an exception: the caller must look at it.
"""

import dataclasses
import enum
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from orchestrator.model import ControllerId, Epoch, GroupName, RunId, ServerName
from remote_helpers.protocol import words


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What a guarded server must find open, in the process that acts, when it acts."""

    incarnation: str
    """Of the controller that holds the vote; a server refuses the steps of any other."""
    reign: words.Reign | None = None
    """In which the service may be started; None: only stops and what changes no role."""
    plan: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Reign:
    """In whose name a mutating request comes; a server refuses a lower epoch."""

    group: GroupName
    epoch: Epoch
    controller: ControllerId
    run: RunId
    gate: Gate | None = None
    """None: for a group without guards."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One operation of remote_helpers/README.md."""

    op: str
    args: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    deadline_s: float
    """Enforced on the server by killing what the operation started."""
    reign: Reign | None = None


class FailureKind(enum.Enum):
    """The helper's error kinds; the words stand in remote_helpers/README.md."""

    BAD_REQUEST = "bad-request"
    STALE_EPOCH = "stale-epoch"
    NOT_REGISTERED = "not-registered"
    BUSY = "busy"
    TIMED_OUT = "timed-out"
    FAILED = "failed"
    UNSUPPORTED = "unsupported"
    CANCELLED = "cancelled"
    NO_GUARD = "no-guard"
    GATE_CLOSED = "gate-closed"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    data: Mapping[str, Any]
    took_s: float
    through: ServerName | None = None
    """The peer that the answer came through: then its silence would be this server's, too."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    kind: FailureKind
    message: str
    detail: Mapping[str, Any] = dataclasses.field(default_factory=dict)


class UnreachableKind(enum.Enum):
    """What stood in the way, as far as this side can tell."""

    REFUSED = "connection refused"
    TIMED_OUT = "no answer in time"
    NO_ROUTE = "no route"
    NAME_UNKNOWN = "name not found"
    HOST_KEY = "host key not accepted"
    LOGIN = "login refused"
    NO_PYTHON = "no usable Python"
    HELPER = "helper did not start or ended"
    CONNECTION_LOST = "connection lost"
    FORWARDING = "the peer does not lead connections on"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Unreachable:
    """No answer. What a request under way did on the server is not known."""

    kind: UnreachableKind
    message: str
    """What was tried and seen, and what to do: host, port, key file, deadline."""
    sent: bool = False
    """Whether the request may have reached the server."""


Reply = Done | Failed | Unreachable


class Transport(Protocol):
    """Reaches both servers of a group; connects when first asked, never retries by itself."""

    async def call(self, server: ServerName, request: Request) -> Reply:
        """Ask one server. Cancelling the call cancels the operation on the server."""
        ...

    async def close(self) -> None: ...


class PairTransport(Transport, Protocol):
    """One that can go by the other server where the direct way is cut."""

    def reach_through_peer(self, ways: Mapping[ServerName, Sequence[str]]) -> None: ...
