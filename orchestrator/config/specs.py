"""A resource as written to what its type needs to know. Called by `build`."""

import ipaddress
from collections.abc import Mapping

from orchestrator.config import schema
from orchestrator.model import (
    CommandSpec,
    DiskSpec,
    DrbdSpec,
    IpSpec,
    MountSpec,
    Network,
    NetworkName,
    ProcessSpec,
    ServerName,
    Spec,
    SystemdSpec,
)


def spec_of(
    resource: schema.Resource, networks: Mapping[NetworkName, Network], preferred: ServerName
) -> Spec:
    spec: Spec
    match resource:
        case schema.IpResource():
            spec = _ip(resource, networks, preferred)
        case schema.DrbdResource():
            spec = DrbdSpec(resource=resource.drbd)
        case schema.DiskResource():
            spec = DiskSpec(volume_group=resource.disk, reservation=resource.reservation)
        case schema.MountResource():
            spec = _mount(resource)
        case schema.ProcessResource():
            spec = _process(resource)
        case schema.SystemdResource():
            spec = SystemdSpec(unit=resource.systemd)
        case schema.CommandResource():
            spec = CommandSpec(
                start=resource.command.start,
                stop=resource.command.stop,
                check=resource.command.check,
            )
    return spec


def _mount(resource: schema.MountResource) -> MountSpec:
    return MountSpec(
        path=resource.mount,
        device=resource.device,
        fstype=resource.fstype,
        options=tuple(resource.options),
        label=resource.label,
        uuid=resource.uuid,
        fsck=resource.fsck,
        busy=resource.busy,
        canary_s=resource.canary,
    )


def _ip(
    resource: schema.IpResource, networks: Mapping[NetworkName, Network], preferred: ServerName
) -> IpSpec:
    interface = ipaddress.ip_interface(resource.ip)
    if resource.network is None:
        return IpSpec(interface=interface, device=resource.interface or "")
    network = networks[NetworkName(resource.network)]
    return IpSpec(
        interface=interface,
        device=network.devices[preferred],
        devices=network.devices,
        network=network.name,
    )


def _process(resource: schema.ProcessResource) -> ProcessSpec:
    count_min, count_max = resource.count or (1, None)
    return ProcessSpec(
        start=resource.start,
        pattern=resource.process,
        pid_file=resource.pid_file,
        check=resource.check,
        count_min=count_min,
        count_max=count_max,
        stop=resource.stop,
        user=resource.user,
        directory=resource.directory,
        environment=resource.environment,
    )
