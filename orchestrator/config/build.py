"""A checked group definition to `model.Group`: defaults filled in, networks to interfaces."""

import pathlib
from collections.abc import Mapping

from orchestrator.config import schema, timing
from orchestrator.config.schema_fencing import SecretSource, options_of
from orchestrator.config.schema_policies import policy_of
from orchestrator.config.specs import spec_of
from orchestrator.model import (
    After,
    EdgeKind,
    Failback,
    FailbackPolicy,
    FenceDevice,
    Group,
    GroupName,
    Mode,
    Network,
    NetworkName,
    Reset,
    Resource,
    ResourceName,
    RestartPolicy,
    Secret,
    Server,
    ServerName,
    Timing,
    Watchdog,
)

HEARTBEAT = "heartbeat"


def build_group(
    model: schema.GroupFile,
    servers: Mapping[ServerName, Server],
    variables: Mapping[str, object],
) -> Group:
    """Only for a definition without problems."""
    first, second = (servers[ServerName(name)] for name in model.servers)
    names = (first.name, second.name)
    networks = {
        NetworkName(name): _network(NetworkName(name), network, names)
        for name, network in model.networks.items()
    }
    times = timing.complete(timing.written(model.timing))
    fencing = _fencing(model)
    return Group(
        name=GroupName(model.group),
        servers=(first, second),
        preferred_active=ServerName(model.preferred_active),
        failback=_failback(model.failback),
        mode=Mode(model.mode),
        timing=times,
        networks=networks,
        resources={
            ResourceName(name): Resource(
                name=ResourceName(name),
                spec=spec_of(resource, networks, ServerName(model.preferred_active)),
                after=tuple(_after(item) for item in resource.after),
                restart=_restart(resource.restart),
                answers=resource.answers,
                critical=resource.critical,
                **_timeouts(resource.timeouts, times),
            )
            for name, resource in model.resources.items()
        },
        watchdog=_watchdog(model.watchdog),
        fencing=fencing,
        policy=policy_of(
            model.policies,
            times,
            frozenset(fencing),
            accept_unfenced=model.accept_unfenced,
        ),
        accept_data_loss=model.data.accept_loss,
        variables=variables,
    )


def _watchdog(word: str) -> Watchdog:
    if word.startswith("/"):
        return Watchdog(reset=Reset.DEVICE, device=word)
    return Watchdog(reset=Reset.BEST if word == "best" else Reset(word))


def _fencing(model: schema.GroupFile) -> dict[ServerName, tuple[FenceDevice, ...]]:
    return {
        ServerName(server): tuple(
            FenceDevice(
                agent=device.agent,
                level=device.level,
                delay_s=device.delay,
                timeout_s=device.timeout,
                options={
                    name: _secret(value) if isinstance(value, SecretSource) else value
                    for name, value in options_of(device).items()
                },
            )
            for device in devices
        )
        for server, devices in model.fencing.items()
    }


def _secret(source: SecretSource) -> Secret:
    return Secret(
        file=None if source.file is None else pathlib.Path(source.file), variable=source.env
    )


def _network(
    name: NetworkName, network: schema.Network, servers: tuple[ServerName, ServerName]
) -> Network:
    interface = network.interface
    return Network(
        name=name,
        devices={
            server: interface if isinstance(interface, str) else interface[server]
            for server in servers
        },
        gateway=network.gateway,
        heartbeat=name == HEARTBEAT if network.heartbeat is None else network.heartbeat,
        port=network.port,
    )


def _failback(failback: str | schema.FailbackRule) -> Failback:
    if isinstance(failback, str):
        return Failback(policy=FailbackPolicy(failback))
    rule = failback.automatic
    return Failback(policy=FailbackPolicy.AUTOMATIC, after_s=rule.after, window=rule.window)


def _after(item: str | schema.AfterRule) -> After:
    if isinstance(item, str):
        return After(resource=ResourceName(item))
    return After(
        resource=ResourceName(item.resource),
        kind=EdgeKind(item.kind),
        symmetrical=item.symmetrical,
    )


def _restart(restart: schema.Restart | None) -> RestartPolicy:
    if restart is None:
        return RestartPolicy()
    return RestartPolicy(times=restart.times, within_s=restart.within)


def _timeouts(timeouts: schema.Timeouts | None, times: Timing) -> dict[str, float]:
    start = timeouts.start if timeouts is not None else None
    stop = timeouts.stop if timeouts is not None else None
    return {
        "start_timeout_s": times.start_s if start is None else start,
        "stop_timeout_s": times.stop_s if stop is None else stop,
    }
