"""What a run tells while it goes on; the command line prints it, nothing depends on it."""

import dataclasses
from collections.abc import Callable, Mapping

from orchestrator.model import Epoch, GroupName, Outcome, RunId, ServerName, StepId


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RunBegun:
    """Once more when it is resumed. Without its variables: what people give may be a secret."""

    run: RunId
    group: GroupName
    playbook: str
    source: ServerName
    target: ServerName
    epoch: Epoch
    by: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RunEnded:
    state: str
    failures: Mapping[str, str]
    """Why, by server."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PlayStarted:
    name: str
    servers: tuple[ServerName, ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TaskStarted:
    path: str
    name: str
    """As it is for the first server."""
    place: str
    """File and line."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class StepStarted:
    step: StepId
    title: str
    server: ServerName


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class StepEnded:
    step: StepId
    title: str
    server: ServerName
    outcome: Outcome
    replayed: bool
    """Its outcome stood in the journal: it was not done again."""
    item: str = ""
    """In a loop: what people read of the item."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TaskEnded:
    """A task with all its steps: the items of a loop, the resources of a flow, repetitions."""

    path: str
    name: str
    server: ServerName
    outcome: Outcome
    is_ignored: bool
    """It failed or could not be reached, and the playbook goes on all the same."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Rescued:
    """A block's `rescue` made good what had failed on this server."""

    path: str
    server: ServerName


Progress = (
    RunBegun | RunEnded | PlayStarted | TaskStarted | StepStarted | StepEnded | TaskEnded | Rescued
)
Report = Callable[[Progress], None]
