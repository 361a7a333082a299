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
from orchestrator.model import ServerName
from orchestrator.playbooks.directives import Directives

__all__ = [
    "Block",
    "CompiledBlock",
    "CompiledInclude",
    "CompiledMeta",
    "CompiledNode",
    "CompiledPlay",
    "CompiledTask",
    "Directives",
    "FlowAction",
    "FlowStep",
    "HostSelector",
    "Include",
    "Loop",
    "Meta",
    "MetaAction",
    "Node",
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
    """Empty: until it has not failed."""
    retries: int = 3
    delay_s: float = 5.0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """Do a task once for each item; `items` is a list or a template that yields one."""

    items: Any
    variable: str = "item"
    index_variable: str | None = None
    label: Any = None
    """A template: what people read of an item; None: the item."""
    pause_s: float = 0.0
    extended: bool = False
    extended_allitems: bool = True
    break_when: tuple[str, ...] = ()
    """Looked at after each item; empty: all items have their turn."""


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
    loop: Loop | None = None
    failed_when: tuple[str, ...] | None = None
    changed_when: tuple[str, ...] | None = None
    notify: tuple[str, ...] = ()
    listen: tuple[str, ...] = ()
    """Of a handler: the topics that it answers to beside its name."""
    variables: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    directives: Directives = dataclasses.field(default_factory=Directives)
    """With all that its blocks and its play hand down."""
    places: Mapping[str, Position] = dataclasses.field(default_factory=dict)
    """Where each argument's value stands."""

    @property
    def timeout_s(self) -> float | None:
        return self.directives.timeout_s


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Include:
    """Tasks of another file, chosen when the play comes here; `files` has all that it may be."""

    name: str
    file: str
    """As written; may be a template."""
    files: "Mapping[str, tuple[Node, ...]]"
    position: Position
    when: tuple[str, ...] = ()
    loop: Loop | None = None
    variables: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    directives: Directives = dataclasses.field(default_factory=Directives)


class MetaAction(enum.Enum):
    FLUSH_HANDLERS = "flush_handlers"
    END_PLAY = "end_play"
    END_HOST = "end_host"
    NOOP = "noop"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Meta:
    """A word to the engine itself."""

    action: MetaAction
    position: Position
    when: tuple[str, ...] = ()
    variables: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    directives: Directives = dataclasses.field(default_factory=Directives)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Tasks together; `rescue` runs where one failed or its server was unreachable."""

    name: str
    tasks: "tuple[Node, ...]"
    rescue: "tuple[Node, ...]" = ()
    always: "tuple[Node, ...]" = ()
    when: tuple[str, ...] = ()
    variables: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    position: Position


Node = Task | Block | Include | Meta


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    name: str
    hosts: str
    variables: Mapping[str, Any]
    """`vars`, and what `vars_files` put over them."""
    tasks: tuple[Node, ...]
    handlers: tuple[Task, ...] = ()
    force_handlers: bool = False
    tags: tuple[str, ...] = ()
    position: Position
    hosts_position: Position | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Playbook:
    name: str
    file: str
    text: str
    """The source: journaled, so that a resumed run is the run that was begun."""
    files: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """The texts of all files that it includes, by path; journaled, too."""
    digest: str
    plays: tuple[Play, ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CompiledTask:
    path: str
    """Play and task, e.g. `1.3`; in a block `1.3.2`, in its rescue `1.3r1`, in always `1.3a1`,
    a handler `1h2`."""
    task: Task
    flow: tuple[FlowStep, ...] = ()
    """For the module `flow`: the group's resources in an order in which they may run."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CompiledInclude:
    path: str
    include: Include
    files: "Mapping[str, tuple[CompiledNode, ...]]"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CompiledMeta:
    path: str
    meta: Meta


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CompiledBlock:
    path: str
    block: Block
    tasks: "tuple[CompiledNode, ...]"
    rescue: "tuple[CompiledNode, ...]"
    always: "tuple[CompiledNode, ...]"


CompiledNode = CompiledTask | CompiledBlock | CompiledInclude | CompiledMeta


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
    tasks: tuple[CompiledNode, ...]
    handlers: tuple[CompiledTask, ...] = ()
    asks_roles: bool = False
    """Some text of it names `active` or `standby`: only then is it looked who that is."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A playbook bound to a group: what can be checked before a server is touched is checked."""

    playbook: Playbook
    plays: tuple[CompiledPlay, ...]
    variables: Mapping[ServerName, Mapping[str, Any]] = dataclasses.field(default_factory=dict)
    """What the inventory says of each server."""
    digest: str
    """Of playbook text and of what the group contributed: equal digests do the same."""
    basis: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """What the group contributed, part by part: `playbooks.basis`."""
