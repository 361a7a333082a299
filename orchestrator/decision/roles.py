"""From what was seen of a server to its role, and from both to how the group is.

A server that holds any part of the service counts as ACTIVE: PROMOTING and DEMOTING servers hold
resources too, and two such servers are what must never be.
"""

import dataclasses
from collections.abc import Mapping

from orchestrator.decision import data_rules
from orchestrator.model import (
    Epoch,
    Group,
    GroupView,
    NetworkState,
    Observation,
    ResourceName,
    ResourceState,
    Role,
    Safety,
    Seen,
    ServerName,
    ServerView,
    Unknown,
    Utc,
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class GroupStatus:
    """What `hasys status` shows of a group."""

    group: Group
    view: GroupView
    roles: Mapping[ServerName, Role]
    active: ServerName | None
    """The one server that is ACTIVE; None when none or both are."""
    epoch: Epoch
    safety: Safety
    problems: tuple[str, ...]
    in_sync_at: Mapping[ResourceName, Utc] = dataclasses.field(default_factory=dict)
    """When the copies of a resource were last seen in sync."""

    @property
    def ready(self) -> bool:
        """Whether the service is whole on one server and could move to the other now."""
        return self.active is not None and not self.problems


def role_of(view: ServerView) -> Role:
    """The role of one server by what it holds."""
    if isinstance(view.reach, Unknown):
        return Role.UNKNOWN
    states = [seen.value for seen in view.resources.values() if isinstance(seen, Seen)]
    if ResourceState.STARTED in states:
        return Role.ACTIVE
    if ResourceState.FAILED in states:
        return Role.FAULTED
    if len(states) < len(view.resources):
        return Role.UNKNOWN
    return Role.STANDBY


def status_of(group: Group, view: GroupView) -> GroupStatus:
    """The whole group: roles, the active one, and everything a person should look at."""
    roles = {server.server: role_of(server) for server in view.servers}
    active = [name for name, role in roles.items() if role is Role.ACTIVE]
    return GroupStatus(
        group=group,
        view=view,
        roles=roles,
        active=active[0] if len(active) == 1 else None,
        epoch=_epoch(view),
        # Without guards and fencing devices nothing but a person may move the service.
        safety=Safety.MANUAL,
        problems=tuple(_problems(group, view, roles)),
    )


def _epoch(view: GroupView) -> Epoch:
    known = [
        server.epoch.value.promised
        for server in view.servers
        if isinstance(server.epoch, Seen) and server.epoch.value is not None
    ]
    return max(known, default=Epoch(0))


def _problems(group: Group, view: GroupView, roles: Mapping[ServerName, Role]) -> list[str]:
    active = sorted(name for name, role in roles.items() if role is Role.ACTIVE)
    problems = []
    if len(active) > 1:
        problems.append(f"both servers hold parts of the service: {' and '.join(active)}")
    if not active:
        silent = [name for name, role in roles.items() if role is Role.UNKNOWN]
        where = f", unless {' or '.join(sorted(silent))} does" if silent else ""
        problems.append(f"no server runs the service{where}")
    for server in sorted(view.servers, key=lambda one: one.server):
        problems.extend(_server_problems(server, roles[server.server]))
    problems.extend(data_rules.problems(group, view))
    return problems


def _server_problems(view: ServerView, role: Role) -> list[str]:
    if isinstance(view.reach, Unknown):
        return [silence_of(view)]
    problems = []
    if view.reach.detail:
        problems.append(f"{view.server} is reached {view.reach.detail} only: see the public links")
    problems += [
        f"{view.server}: network {name}: {trouble}"
        for name, seen in sorted(view.networks.items())
        if (trouble := _network_trouble(seen)) is not None
    ]
    for name, seen in sorted(view.resources.items()):
        if isinstance(seen, Unknown):
            problems.append(f"{view.server}: {name} is unknown: {seen.detail or seen.reason.value}")
        elif seen.value is ResourceState.FAILED or (
            role is Role.ACTIVE and seen.value is ResourceState.STOPPED
        ):
            problems.append(f"{view.server}: {name} is {seen.value.value}: {seen.detail}")
    return problems


def _network_trouble(seen: Observation[NetworkState]) -> str | None:
    if isinstance(seen, Unknown):
        return f"unknown: {seen.detail or seen.reason.value}"
    return seen.value.trouble


def silence_of(view: ServerView) -> str:
    """Why nothing is known of a server; the transport's words name it already."""
    if not isinstance(view.reach, Unknown):
        return ""
    detail = view.reach.detail or view.reach.reason.value
    return detail if detail.startswith(str(view.server)) else f"{view.server}: {detail}"
