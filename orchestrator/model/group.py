"""The HA definition of a pair: what it runs, in which order, with which times."""

import dataclasses
import enum
import zlib
from collections.abc import Mapping

from orchestrator.model.fencing import FenceDevice, Watchdog
from orchestrator.model.ids import GroupName, NetworkName, ResourceName, ServerName
from orchestrator.model.resource import Resource
from orchestrator.model.role import Mode
from orchestrator.model.server import Server
from orchestrator.model.state import Policy


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """All in seconds; `config.timing` refuses sets that cannot work together.

    The defaults just fit: two polls, the demotion budget and the margin fill the lease.
    """

    poll_s: float = 1.0
    lease_s: float = 3.0
    demotion_budget_s: float = 0.75
    """An active that hears nothing begins to demote itself so long before its lease ends."""
    margin_s: float = 0.25
    """Added to every wait for a lease of the other side: clocks and scheduling."""
    watchdog_s: float = 2.0
    """A watchdog that is not fed for so long resets the server."""
    stabilise_s: float = 10.0
    """After a start, failed checks do not count for this long."""
    start_s: float = 120.0
    stop_s: float = 60.0


class FailbackPolicy(enum.Enum):
    MANUAL = "manual"
    AUTOMATIC = "automatic"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Failback:
    """Whether the service returns to the preferred server by itself."""

    policy: FailbackPolicy = FailbackPolicy.MANUAL
    after_s: float = 600.0
    """The preferred server must have been well for this long."""
    window: tuple[int, int] | None = None
    """Minutes of the day (from, to), local time of the controller; may span midnight."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    name: NetworkName
    devices: Mapping[ServerName, str]
    """Interface of each server."""
    gateway: str | None = None
    heartbeat: bool = False
    port: int = 7407
    """UDP port for heartbeats, the same on both servers."""


def last_resort_port(group: str) -> int:
    """For heartbeats of a group that names no network, on the address of its logins.

    By its name, so that another group on the same servers, added later, takes nobody's port.
    """
    return 7408 + zlib.crc32(group.encode()) % 1024


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Exactly two servers and what runs on one of them at a time."""

    name: GroupName
    servers: tuple[Server, Server]
    preferred_active: ServerName
    failback: Failback = Failback()
    mode: Mode = Mode.AUTOMATIC
    timing: Timing = Timing()
    networks: Mapping[NetworkName, Network]
    resources: Mapping[ResourceName, Resource]
    watchdog: Watchdog = dataclasses.field(default_factory=Watchdog)
    fencing: Mapping[ServerName, tuple[FenceDevice, ...]] = dataclasses.field(default_factory=dict)
    """Of every server that has devices; in the order of the file."""
    policy: Policy = dataclasses.field(default_factory=lambda: Policy(covered=False))
    """As written: whether a watchdog covers every guard is known when the guards run."""
    accept_data_loss: bool = False
    """A person said that a copy which may lack the last writes may take over by itself."""
    variables: Mapping[str, object] = dataclasses.field(default_factory=dict)
    """Site variables for playbooks: group vars of the inventory."""

    def server(self, name: ServerName) -> Server:
        """Raises KeyError for a name that is not one of the two."""
        return {server.name: server for server in self.servers}[name]

    def peer_of(self, name: ServerName) -> Server:
        """Raises KeyError for a name that is not one of the two."""
        first, second = self.servers
        return {first.name: second, second.name: first}[name]

    @property
    def server_names(self) -> tuple[ServerName, ServerName]:
        first, second = self.servers
        return first.name, second.name
