"""How groups are: as the daemon sees them, where one looks after them; else by a look of our own.

The daemon has looked a moment ago, and does not wait for a dead server once more.
"""

import asyncio
import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from orchestrator.decision.roles import GroupStatus
from orchestrator.model import Group, GroupView
from orchestrator.probes.reply import server_view
from orchestrator.runtime.application import Application
from orchestrator.runtime.observe import judge, look

if TYPE_CHECKING:
    from orchestrator.daemon.client import Daemon

Standing = Mapping[str, Any]
ANSWERS_S = 3.0
"""A daemon that is stopped, or hangs, must not hide how its groups are."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    status: GroupStatus
    standing: Standing | None
    """What only a loop knows; None: none looks after the group."""


async def observed(application: Application, groups: tuple[Group, ...]) -> list[Observed]:
    """All groups at once: one that does not answer does not delay the others."""
    from orchestrator.daemon.client import found

    daemon = await found(application.state_directory)
    return list(await asyncio.gather(*(_observed(application, daemon, one) for one in groups)))


async def _observed(application: Application, daemon: "Daemon | None", group: Group) -> Observed:
    standing, view = None, None
    if daemon is not None:
        standing = await _asked(daemon, "standing", group)
        looks = None if standing is None else await _asked(daemon, "looks", group)
        view = None if looks is None else _view(application, group, looks)
    if view is None:
        status = await look(application, group)
    else:
        status = await judge(application, group, view)
    return Observed(status=status, standing=standing)


async def _asked(daemon: "Daemon", op: str, group: Group) -> Mapping[str, Any] | None:
    from orchestrator.daemon.wire import DaemonSaysNo

    try:
        async with asyncio.timeout(ANSWERS_S):
            return await daemon.ask({"op": op, "group": group.name})
    except (DaemonSaysNo, TimeoutError):
        return None  # it says why in its events


def _view(application: Application, group: Group, told: Mapping[str, Any]) -> GroupView | None:
    """None: it has not asked both yet, or by another definition than the files have now."""
    from orchestrator.daemon.wire import look_from_json

    is_ours = told["digest"] == application.configuration.digests.get(group.name)
    looks = {name: look_from_json(one) for name, one in told["looks"].items()}
    if not is_ours or set(looks) != set(group.server_names):
        return None
    first, second = (
        server_view(group, name, looks[name].reply, looks[name].at) for name in group.server_names
    )
    return GroupView(servers=(first, second), taken_at=application.clock.monotonic())


def told(reason: Mapping[str, Any]) -> str:
    """One reason of the loop, for people."""
    age = "" if reason["age_s"] is None else f" ({reason['age_s']:.1f} s old)"
    return f"{reason['reason']}: {reason['evidence']}{age}"
