"""What a run tells while it goes on; the command line prints it, nothing depends on it."""

import dataclasses
from collections.abc import Callable

from orchestrator.model import Outcome, ServerName, StepId


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PlayStarted:
    name: str
    servers: tuple[ServerName, ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TaskStarted:
    path: str
    name: str


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


Progress = PlayStarted | TaskStarted | StepStarted | StepEnded
Report = Callable[[Progress], None]
