"""A playbook as it was read and as it was compiled: frozen, with the place of every line.

`parse` makes `Playbook` from YAML text, `compile` makes `Program` from a playbook and a group;
`executor` walks a program. Words are Ansible's.
"""

import dataclasses
import enum
from collections.abc import Mapping
from typing import Any

from orchestrator.config.problems import Position
from orchestrator.graph import FlowAction, FlowStep

__all__ = [
    "Block",
    "CompiledBlock",
    "CompiledPlay",
    "CompiledTask",
    "FlowAction",
    "FlowStep",
    "HostSelector",
    "Play",
    "Playbook",
    "Position",
    "Program",
    "Task",
    "Until",
]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Until:
    """Repeat a task until the conditions hold (Ansible: 3 retries, 5 s apart)."""

    conditions: tuple[str, ...]
    retries: int = 3
    delay_s: float = 5.0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    name: str
    module: str
    args: Mapping[str, Any]
    """As written: strings may hold Jinja templates, rendered when the task runs."""
    position: Position
    when: tuple[str, ...] = ()
    register: str | None = None
    until: Until | None = None
    timeout_s: float | None = None
    variables: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    places: Mapping[str, Position] = dataclasses.field(default_factory=dict)
    """Where each argument's value stands."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Tasks together; `rescue` runs where one failed or its server was unreachable."""

    name: str
    tasks: "tuple[Task | Block, ...]"
    rescue: "tuple[Task | Block, ...]" = ()
    always: "tuple[Task | Block, ...]" = ()
    when: tuple[str, ...] = ()
    variables: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    position: Position


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    name: str
    hosts: str
    variables: Mapping[str, Any]
    tasks: tuple[Task | Block, ...]
    position: Position
    hosts_position: Position | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Playbook:
    name: str
    file: str
    text: str
    """The source: journaled, so that a resumed run is the run that was begun."""
    digest: str
    plays: tuple[Play, ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CompiledTask:
    path: str
    """Play and task, e.g. `1.3`; in a block `1.3.2`, in its rescue `1.3r1`, in always `1.3a1`."""
    task: Task
    flow: tuple[FlowStep, ...] = ()
    """For the module `flow`: the group's resources in an order in which they may run."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CompiledBlock:
    path: str
    block: Block
    tasks: "tuple[CompiledTask | CompiledBlock, ...]"
    rescue: "tuple[CompiledTask | CompiledBlock, ...]"
    always: "tuple[CompiledTask | CompiledBlock, ...]"


class HostSelector(enum.Enum):
    """Who a play is for.

    SOURCE and TARGET are fixed when a run starts, ACTIVE and STANDBY are looked at anew when the
    play begins.
    """

    SOURCE = "source"
    TARGET = "target"
    ACTIVE = "active"
    STANDBY = "standby"
    GROUP = "group"
    SERVER = "server"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CompiledPlay:
    play: Play
    selector: HostSelector
    server: str | None
    """The name, for HostSelector.SERVER."""
    tasks: tuple[CompiledTask | CompiledBlock, ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A playbook bound to a group: what can be checked before a server is touched is checked."""

    playbook: Playbook
    plays: tuple[CompiledPlay, ...]
    digest: str
    """Of playbook text and of what the group contributed: equal digests do the same."""
