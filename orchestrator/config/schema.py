"""What may stand in a group definition: pydantic models, and from them the schema for editors.

It checks one file by itself; `build` checks it against the inventory and turns it into
`model.Group`. `schema_fencing` and `schema_policies` hold the sections of these names.
"""

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, PlainValidator, Tag, WithJsonSchema
from pydantic.functional_validators import AfterValidator

from orchestrator.config import quantities, values
from orchestrator.config.schema_fencing import FenceDevice
from orchestrator.config.schema_policies import Policies
from orchestrator.config.schema_values import (
    AbsolutePath,
    Duration,
    DurationOrZero,
    InterfaceName,
    Name,
    Strict,
    Text,
    form_of,
)


class Timing(Strict):
    poll: Duration | None = Field(None, description="between two looks at the servers")
    lease: Duration | None = Field(None, description="the longest time an active acts unheard")
    demotion_budget: Duration | None = Field(None, description="for demoting before the lease ends")
    margin: Duration | None = Field(None, description="added to every wait for the other's lease")
    watchdog: Duration | None = Field(None, description="an unfed watchdog resets after so long")
    stabilise: DurationOrZero | None = Field(None, description="failed checks do not count so long")
    start: Duration | None = Field(None, description="for the start of one resource")
    stop: Duration | None = Field(None, description="for the stop of one resource")


class Automatic(Strict):
    after: Duration = Field(600.0, description="the preferred server must have been well so long")
    window: (
        Annotated[
            tuple[int, int],
            PlainValidator(quantities.window),
            WithJsonSchema({"type": "string", "examples": ["02:00-04:00"]}),
        ]
        | None
    ) = Field(None, description="time of the day on the controller's clock")


class FailbackRule(Strict):
    automatic: Automatic = Field(examples=["{after: 10m}"])


Failback = Annotated[
    Annotated[Literal["manual", "automatic"], Tag("(word)")]
    | Annotated[FailbackRule, Tag("(mapping)")],
    Discriminator(form_of),
]

Interface = Annotated[
    Annotated[InterfaceName, Tag("(word)")] | Annotated[dict[str, InterfaceName], Tag("(mapping)")],
    Discriminator(form_of),
]


class Network(Strict):
    interface: Interface = Field(examples=["ens192"], description="one name, or one per server")
    gateway: Annotated[str, AfterValidator(values.gateway)] | None = None
    heartbeat: bool | None = Field(None, description="default: true for the network heartbeat")
    port: Annotated[int, Field(ge=1, le=65535)] = Field(7407, description="UDP, for heartbeats")


class AfterRule(Strict):
    resource: str = Field(examples=["database"])
    kind: Literal["mandatory", "optional", "serialised"] = "mandatory"
    symmetrical: bool = True


After = Annotated[
    Annotated[str, Tag("(word)")] | Annotated[AfterRule, Tag("(mapping)")], Discriminator(form_of)
]


class Restart(Strict):
    times: Annotated[int, Field(ge=0, le=1000)] = Field(examples=[3])
    within: Duration = 600.0


class Timeouts(Strict):
    start: Duration | None = None
    stop: Duration | None = None


class ResourceBase(Strict):
    after: list[After] = Field(default_factory=list, description="what must be started before")
    restart: Restart | None = Field(None, description="restarts in place before the service moves")
    timeouts: Timeouts | None = None
    answers: Annotated[str, AfterValidator(values.answering_url)] | None = Field(
        None, examples=["http://127.0.0.1:8080/health", "tcp://127.0.0.1:5432"]
    )
    critical: bool = Field(
        default=True, description="whether the service moves when it cannot be kept running"
    )


class IpResource(ResourceBase):
    ip: Annotated[str, AfterValidator(values.address)]
    network: str | None = Field(None, description="one of networks")
    interface: InterfaceName | None = Field(None, description="instead of network")


class DrbdResource(ResourceBase):
    drbd: Annotated[str, AfterValidator(values.drbd_resource)] = Field(
        examples=["r0"], description="the name of the resource in /etc/drbd.d"
    )


class DiskResource(ResourceBase):
    disk: Annotated[str, AfterValidator(values.volume_group)] = Field(
        examples=["shared"], description="an LVM volume group on disks that both servers reach"
    )
    reservation: bool = Field(
        default=False, description="reserve its disks for the active side (SCSI-3)"
    )


class MountResource(ResourceBase):
    mount: Annotated[str, AfterValidator(values.mount_point)]
    device: Text = Field(examples=["/dev/sdb1"])
    fstype: Text = Field(examples=["ext4"])
    options: Annotated[
        list[str],
        PlainValidator(values.mount_options),
        WithJsonSchema({"type": ["array", "string"], "items": {"type": "string"}}),
    ] = Field(default_factory=list)
    label: Text | None = Field(None, description="what the file system must be called")
    uuid: Text | None = Field(None, description="which file system it must be")
    fsck: bool = Field(default=False, description="check it before it is mounted (fsck -p)")
    busy: Literal["wait", "terminate", "kill"] = Field(
        "wait", description="what becomes of programs that keep it from being unmounted"
    )
    canary: DurationOrZero = Field(
        2.0, description="how long a small write may take before it hangs; 0s: none is tried"
    )


class ProcessResource(ResourceBase):
    process: Annotated[str, AfterValidator(values.process_pattern)] | None = Field(
        description="regular expression on the command line; null with pid_file or check"
    )
    start: Text = Field(examples=["/usr/bin/billing --daemon"])
    stop: Text | None = None
    check: Text | None = None
    pid_file: AbsolutePath | None = None
    count: (
        Annotated[
            tuple[int, int | None],
            PlainValidator(quantities.count),
            WithJsonSchema({"type": ["string", "integer"], "examples": ["2-4"]}),
        ]
        | None
    ) = None
    user: Annotated[str, AfterValidator(values.login_name)] | None = None
    directory: AbsolutePath | None = None
    environment: dict[str, str] = Field(default_factory=dict)


class SystemdResource(ResourceBase):
    systemd: Annotated[str, AfterValidator(values.systemd_unit)]


class Command(Strict):
    start: Text = Field(examples=['"/usr/local/bin/service start"'])
    stop: Text = Field(examples=['"/usr/local/bin/service stop"'])
    check: Text = Field(examples=['"/usr/local/bin/service status"'])


class CommandResource(ResourceBase):
    command: Command


RESOURCE_TYPES: dict[str, type[ResourceBase]] = {
    "ip": IpResource,
    "drbd": DrbdResource,
    "disk": DiskResource,
    "mount": MountResource,
    "process": ProcessResource,
    "systemd": SystemdResource,
    "command": CommandResource,
}


def resource_type(value: Any) -> str | None:
    """The tag of a resource; None where not exactly one known type stands there."""
    found = [name for name in RESOURCE_TYPES if isinstance(value, dict) and name in value]
    return f"({found[0]})" if len(found) == 1 else None


Resource = Annotated[
    Annotated[IpResource, Tag("(ip)")]
    | Annotated[DrbdResource, Tag("(drbd)")]
    | Annotated[DiskResource, Tag("(disk)")]
    | Annotated[MountResource, Tag("(mount)")]
    | Annotated[ProcessResource, Tag("(process)")]
    | Annotated[SystemdResource, Tag("(systemd)")]
    | Annotated[CommandResource, Tag("(command)")],
    Discriminator(resource_type),
]


class Data(Strict):
    accept_loss: bool = Field(
        default=False,
        description="fail over although the other copy may lack the last writes",
    )


class GroupFile(Strict):
    """One file below groups/."""

    group: Name = Field(examples=["billing"], description="the name of the file and of the group")
    servers: list[str] = Field(examples=["[linux1, linux2]"], description="exactly two")
    preferred_active: str = Field(examples=["linux1"], description="one of the two")
    failback: Failback = "manual"
    mode: Literal["automatic", "observe", "maintenance"] = "automatic"
    timing: Timing = Field(default_factory=lambda: Timing.model_validate({}))
    watchdog: Annotated[str, AfterValidator(values.watchdog)] = Field(
        "best", description="what resets a server without a guard: best, a device, systemd, none"
    )
    fencing: dict[str, list[FenceDevice]] = Field(
        default_factory=dict, description="devices that switch a server off, by server"
    )
    accept_unfenced: bool = Field(
        default=False, description="fail over although nothing resets a server without a guard"
    )
    data: Data = Field(default_factory=lambda: Data.model_validate({}))
    policies: Policies = Field(default_factory=lambda: Policies.model_validate({}))
    networks: dict[Name, Network] = Field(default_factory=dict)
    resources: dict[Name, Resource] = Field(examples=["{web: {systemd: nginx}}"])


def json_schema() -> dict[str, Any]:
    """For editors: `# yaml-language-server: $schema=...`."""
    schema = GroupFile.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "HA_SYS group definition"
    return schema
