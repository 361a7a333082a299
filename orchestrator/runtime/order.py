"""What a person or the loop asks for, who is told of it, and the site it acts on."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from orchestrator.decision.movement import Movement
from orchestrator.decision.roles import GroupStatus
from orchestrator.executor.authority import Authorise, Foresight
from orchestrator.executor.power import Devices, PoweredTransport
from orchestrator.executor.progress import Report
from orchestrator.model import Group, Refusal, ResourceName, ServerName
from orchestrator.playbooks.directives import Selection
from orchestrator.playbooks.model import Playbook
from orchestrator.transport import Transport

Wish = Callable[[GroupStatus], Movement | tuple[Refusal, ...]]
"""From what is seen to a movement, or why not: the functions of `decision.movement`."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a person asked for."""

    group: Group
    playbook: Playbook
    wish: Wish
    only: frozenset[ResourceName] = frozenset()
    """Single resources, with what goes with them; empty: all."""
    limit: ServerName | None = None
    """The only server that may be touched; None: both."""
    selection: Selection = dataclasses.field(default_factory=Selection)
    """Tags, and the task to start at."""
    variables: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    by: str
    plan: str = ""
    """The beginning of the digest of the plan that is to be carried out; empty: none was made."""
    diff: bool = False
    """What tasks change within files is told."""


class Stoppable(Protocol):
    """A run, here or in the daemon."""

    def stop(self) -> None:
        """Begin no further step."""
        ...


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who is told how it goes on, and who is given the means to stop it."""

    report: Report
    may_stop: Callable[[Stoppable], None]


UNFOLLOWED = Caller(report=lambda _: None, may_stop=lambda _: None)
"""Of a run that nobody watches or stops; journal and events tell of it."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The group that a run acts on, and how it gets there."""

    group: Group
    transport: Transport
    authorise: Authorise | None
    devices: Devices
    """What can switch its servers off."""
    foresight: Foresight | None

    def powered(self, servers: tuple[ServerName, ...]) -> PoweredTransport:
        """The way to the servers and to the devices of these."""
        return PoweredTransport(transport=self.transport, devices=self.devices, servers=servers)
