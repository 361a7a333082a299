"""The smallest things with start, stop and check; what each type needs to know."""

import dataclasses
import enum
import ipaddress
from collections.abc import Mapping

from orchestrator.model.ids import NetworkName, ResourceName, ServerName


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class IpSpec:
    """A service address: added, announced to the neighbours, removed."""

    interface: ipaddress.IPv4Interface | ipaddress.IPv6Interface
    """Address with prefix length."""
    device: str
    """Interface that carries it, e.g. `ens192`; the configuration takes it from `network`."""
    devices: Mapping[ServerName, str] = dataclasses.field(default_factory=dict)
    """Where the two servers call it differently; ask `device_on`."""
    network: NetworkName | None = None

    def device_on(self, server: ServerName) -> str:
        return self.devices.get(server, self.device)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class DrbdSpec:
    """A copy on each server; started: Primary here."""

    resource: str
    """As in /etc/drbd.d."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class DiskSpec:
    """A volume group on disks that both servers reach; started: active here, and only here."""

    volume_group: str
    reservation: bool = False
    """Whether its disks are reserved by SCSI-3 persistent reservations, too."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class MountSpec:
    path: str
    device: str
    fstype: str
    options: tuple[str, ...] = ()
    label: str | None = None
    uuid: str | None = None
    """What the file system on the device must be called; None: whatever it is."""
    fsck: bool = False
    """Repair what can be repaired safely before it is mounted."""
    busy: str = "wait"
    """What becomes of those that hold it: `wait` (and say who), `terminate`, `kill`."""
    canary_s: float = 2.0
    """How long a small write may take before it hangs; 0: none is tried."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ProcessSpec:
    """Processes known by a pattern on their command line, a pid file, or a check command."""

    start: str
    """Shell command; what it starts outlives helper, session and controller."""
    pattern: str | None = None
    """Regular expression searched in the command line of each process."""
    pid_file: str | None = None
    check: str | None = None
    """Shell command: exit 0 means running."""
    count_min: int = 1
    count_max: int | None = None
    """Bounds on how many processes match `pattern`; None: no upper bound."""
    stop: str | None = None
    """Shell command; None: SIGTERM, then SIGKILL when the deadline nears."""
    user: str | None = None
    directory: str | None = None
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SystemdSpec:
    unit: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CommandSpec:
    """Whatever the site knows how to start, stop and check by a shell command."""

    start: str
    stop: str
    check: str
    """Exit 0: started; 3 or 7 (LSB, OCF): stopped; else failed."""


type_of_spec: Mapping[type, str] = {
    IpSpec: "ip",
    DrbdSpec: "drbd",
    DiskSpec: "disk",
    MountSpec: "mount",
    ProcessSpec: "process",
    SystemdSpec: "systemd",
    CommandSpec: "command",
}

Spec = IpSpec | DrbdSpec | DiskSpec | MountSpec | ProcessSpec | SystemdSpec | CommandSpec


class EdgeKind(enum.Enum):
    """Pacemaker's kinds of ordering (Pacemaker Explained, 'Ordering constraints').

    MANDATORY: the later one needs the earlier one and stops when it stops.
    OPTIONAL: the order counts only where both are started or stopped in the same plan.
    SERIALISED: never both in action at the same time; no order between them.
    """

    MANDATORY = "mandatory"
    OPTIONAL = "optional"
    SERIALISED = "serialised"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class After:
    """'I come after `resource`'; symmetrical: and I stop before it."""

    resource: ResourceName
    kind: EdgeKind = EdgeKind.MANDATORY
    symmetrical: bool = True


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RestartPolicy:
    """Auto Action: restart in place so many times in a window before the service moves."""

    times: int = 0
    within_s: float = 600.0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    name: ResourceName
    spec: Spec
    after: tuple[After, ...] = ()
    start_timeout_s: float
    stop_timeout_s: float
    restart: RestartPolicy = RestartPolicy()
    answers: str | None = None
    """`tcp://HOST:PORT` or `http://HOST:PORT/PATH`: started means that it answers there, too."""
    critical: bool = True
    """A critical resource that cannot be kept running moves the service."""

    @property
    def type(self) -> str:
        """The word for it in configuration and helper requests: ip, mount, process, ..."""
        return type_of_spec[type(self.spec)]


class ResourceState(enum.Enum):
    """What a check found on one server."""

    STARTED = "started"
    STOPPED = "stopped"
    FAILED = "failed"
    """Neither fully started nor fully stopped: too few processes, a wrong device mounted, ..."""
