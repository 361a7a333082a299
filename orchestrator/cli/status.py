"""`hasys status`: what both servers of each group are and hold, and what is wrong."""

import asyncio
import dataclasses
from collections.abc import Iterator
from typing import Any

import click

from orchestrator.cli.output import coloured, document, duration, table
from orchestrator.cli.settings import Settings, with_settings
from orchestrator.cli.standing import Observed, Standing, observed, told
from orchestrator.decision.data_rules import risk_of
from orchestrator.decision.freshness import Condition, all_copies
from orchestrator.decision.roles import GroupStatus
from orchestrator.model import (
    DataFact,
    FileSystemUse,
    Monotonic,
    NetworkState,
    Observation,
    Seen,
    ServerName,
    SharedDisk,
    Unknown,
)
from remote_helpers.replication import words as replication
from remote_helpers.replication.words import Replication

DEGRADED = 5


@click.command("status")
@click.argument("groups", nargs=-1, metavar="[GROUP]...")
@with_settings
def status_command(groups: tuple[str, ...], settings: Settings) -> int:
    """Show roles, resources and problems of groups (all of them by default).

    Exit code 5 when a group has a problem.

    \b
    Examples:
      hasys status
      hasys status billing -o json | jq '.groups[0].active'
    """
    found = asyncio.run(_observe(groups, settings))
    if settings.output == "json":
        shown = [{**as_json(one.status), **_standing_json(one.standing)} for one in found]
        document("status", {"groups": shown})
    else:
        for number, one in enumerate(found):
            if number:
                click.echo()
            _show(one.status, one.standing)
    return DEGRADED if any(one.status.problems for one in found) else 0


async def _observe(names: tuple[str, ...], settings: Settings) -> list[Observed]:
    async with settings.application() as application:
        wanted = names or tuple(sorted(application.configuration.groups))
        return await observed(application, tuple(map(application.group, wanted)))


def _standing_json(standing: Standing | None) -> dict[str, Any]:
    """What only a loop knows; it rules over what one look can tell."""
    if standing is None:
        return {}
    keys = ("mode", "safety", "goal", "run", "reasons", "roles", "solo")
    return {key: standing[key] for key in keys}


def as_json(found: GroupStatus) -> dict[str, Any]:
    return {
        "group": found.group.name,
        "mode": found.group.mode.value,
        "safety": found.safety.value,
        "active": found.active,
        "ready": found.ready,
        "epoch": found.epoch,
        "servers": [_server_json(found, name) for name in found.group.server_names],
        "problems": list(found.problems),
        **_copies_json(found),
    }


def _copies_json(found: GroupStatus) -> dict[str, Any]:
    """Of groups with replicated data."""
    copies = {
        one.resource: {
            "condition": one.condition.value,
            "in_sync_at": at.isoformat() if (at := found.in_sync_at.get(one.resource)) else None,
            "text": one.text,
        }
        for one in all_copies(found.group, found.view)
    }
    risk = risk_of(found.group, found.view)
    return {"copies": copies, "data": risk or "safe"} if copies else {}


def _server_json(found: GroupStatus, name: ServerName) -> dict[str, Any]:
    view = found.view.of(name)
    now = found.view.taken_at
    document: dict[str, Any] = {
        "name": name,
        "role": found.roles[name].value,
        "age_s": _age(view.reach, now),
        "reachable": not isinstance(view.reach, Unknown),
        "way": None if isinstance(view.reach, Unknown) else view.reach.detail or "direct",
        "resources": {
            resource: {**_observation_json(seen, now), **_data_json(view.data.get(resource))}
            for resource, seen in sorted(view.resources.items())
        },
    }
    document["networks"] = {
        network: _network_json(seen, now) for network, seen in sorted(view.networks.items())
    }
    if not isinstance(view.facts, Unknown):
        facts = view.facts.value
        document["host"] = {
            "hostname": facts.hostname,
            "os": facts.os,
            "kernel": facts.kernel,
            "model": facts.model,
            "cpus_online": facts.cpus_online,
            "cpus_total": facts.cpus_total,
            "memory_bytes": facts.memory_bytes,
            "memory_available_bytes": facts.memory_available_bytes,
            "load1": facts.load1,
            "uptime_s": facts.uptime_s,
            "boot_id": facts.boot_id,
            "addresses": {device: list(found) for device, found in facts.addresses.items()},
        }
    return document


def _observation_json(seen: Observation[Any], now: Monotonic) -> dict[str, Any]:
    if isinstance(seen, Unknown):
        state = {"state": "unknown", "reason": seen.reason.value}
    else:
        state = {"state": seen.value.value}
    return {**state, "detail": seen.detail, "age_s": _age(seen, now)}


def _data_json(seen: Observation[DataFact] | None) -> dict[str, Any]:
    """What is known of the data that a resource carries; nothing where it carries none."""
    match seen:
        case Seen(value=Replication() as copy):
            summed = {"in_sync": copy.is_in_sync, "out_of_sync_bytes": copy.out_of_sync_bytes}
            return {"data": {"kind": "drbd", **replication.to_json(copy), **summed}}
        case Seen(value=FileSystemUse() as use):
            percent = {
                "used_percent": round(use.used_percent, 1),
                "inodes_used_percent": round(use.inodes_used_percent, 1),
            }
            return {"data": {"kind": "mount", **dataclasses.asdict(use), **percent}}
        case Seen(value=SharedDisk() as disk):
            return {"data": {"kind": "disk", **dataclasses.asdict(disk)}}
        case _:
            return {}


def _network_json(seen: Observation[NetworkState], now: Monotonic) -> dict[str, Any]:
    if isinstance(seen, Unknown):
        return {"state": "unknown", "detail": seen.detail, "age_s": _age(seen, now)}
    trouble = seen.value.trouble
    return {
        "state": "ok" if trouble is None else "failed",
        "detail": trouble or "",
        "age_s": _age(seen, now),
        **dataclasses.asdict(seen.value),
    }


def _age(seen: Observation[Any], now: Monotonic) -> float:
    return round(max(0.0, now - seen.at), 3)


def _show(found: GroupStatus, standing: Standing | None) -> None:
    group = found.group
    mode = group.mode.value if standing is None else standing["mode"]
    safety = found.safety.value if standing is None else standing["safety"]
    click.echo(
        f"{click.style(group.name, bold=True)}   mode {mode}   "
        f"safety {safety}   epoch {found.epoch}   "
        f"{'ready' if found.ready else 'not ready'} to move"
    )
    for name in group.server_names:
        _show_server(found, name)
    for problem in found.problems:
        click.echo(f"  {click.style('!', fg='red')} {problem}")
    for line in _copies_lines(found):
        click.echo(f"  {line}")
    for reason in () if standing is None else standing["reasons"]:
        click.echo(f"  {told(reason)}")


def _copies_lines(found: GroupStatus) -> Iterator[str]:
    risk = risk_of(found.group, found.view)
    if risk:
        yield f"data: {risk}"
    for one in all_copies(found.group, found.view):
        at = found.in_sync_at.get(one.resource)
        if one.condition is not Condition.IN_SYNC:
            when = "never" if at is None else at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
            yield f"{one.resource}: last seen in sync: {when}"


def _show_server(found: GroupStatus, name: ServerName) -> None:
    view = found.view.of(name)
    click.echo(f"  {name}  {coloured(found.roles[name].value)}{_host_line(found, name)}")
    if isinstance(view.reach, Unknown):
        return
    rows: list[tuple[str, ...]] = []
    for resource, defined in found.group.resources.items():
        seen = view.resources[resource]
        state = "unknown" if isinstance(seen, Unknown) else seen.value.value
        rows.append((resource, defined.type, state, seen.detail))
    rows += [
        (network, "network", *_network_cells(seen))
        for network, seen in sorted(found.view.of(name).networks.items())
    ]
    table(("PART", "TYPE", "STATE", "DETAIL"), rows, indent="    ")


def _network_cells(seen: Observation[NetworkState]) -> tuple[str, str]:
    if isinstance(seen, Unknown):
        return "unknown", seen.detail
    state = seen.value
    if state.trouble is not None:
        return "failed", state.trouble
    speed = "" if state.speed_mbit is None else f", {state.speed_mbit} Mbit/s"
    return "ok", f"{state.device}{speed}: {', '.join(state.addresses) or 'no address'}"


def _host_line(found: GroupStatus, name: ServerName) -> str:
    facts = found.view.of(name).facts
    if isinstance(facts, Unknown):
        return ""
    host = facts.value
    memory = f"{host.memory_bytes / 2**30:.1f} GiB"
    model = f"{host.model}, " if host.model else ""
    return (
        f"  {model}{host.os}, {host.cpus_online} CPUs, {memory}, load {host.load1:.2f}, "
        f"up {duration(host.uptime_s)}"
    )
