"""What a run would do, as it was foretold: plays, tasks and steps, with a digest of all of it.

Made from the progress of `executor.rehearsal`; kept by `store.plans`; compared with a second look
by `runtime.plan`. Equal digests: the same steps on the same servers with the same effects.
"""

import dataclasses
import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from orchestrator.executor.charter import Charter
from orchestrator.executor.progress import PlayStarted, Progress, StepEnded, TaskEnded, TaskStarted
from orchestrator.model import Diff, Outcome, ServerName, Status

WORDS = {
    Status.CHANGED: "would change",
    Status.OK: "would change nothing",
    Status.SKIPPED: "would be skipped",
    Status.FAILED: "would fail",
    Status.UNDECIDED: "decided when it runs",
    Status.UNREACHABLE: "server is unreachable",
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStep:
    id: str
    title: str
    server: ServerName
    would: str
    """One of WORDS."""
    message: str
    assumes: tuple[str, ...] = ()
    """Steps before it of which nobody can tell whether they touch the same."""
    diff: Diff | None = None
    item: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PlannedTask:
    path: str
    name: str
    place: str
    steps: tuple[PlannedStep, ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PlannedPlay:
    name: str
    servers: tuple[ServerName, ...]
    tasks: tuple[PlannedTask, ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    charter: Charter
    """Of the run that it foretells, but for its number and its name."""
    plays: tuple[PlannedPlay, ...]
    failures: Mapping[ServerName, str]
    """What would end the run, by server."""

    @property
    def digest(self) -> str:
        text = json.dumps(self._contents(), sort_keys=True, separators=(",", ":"), default=str)
        return hashlib.sha256(text.encode()).hexdigest()

    def steps(self) -> Iterator[PlannedStep]:
        for play in self.plays:
            for task in play.tasks:
                yield from task.steps

    def _contents(self) -> dict[str, Any]:
        charter = self.charter
        return {
            "program": charter.digest,
            "source": charter.source,
            "target": charter.target,
            "servers": charter.servers,
            "variables": charter.variables,
            "selection": charter.selection,
            "plays": [[play.name, play.servers] for play in self.plays],
            "steps": lines_of(self),
        }


def lines_of(plan: Plan) -> dict[str, str]:
    """Each step with what it would do, for comparing; no process id, no time of day."""
    return {step.id: _line(step) for step in plan.steps()}


def _line(step: PlannedStep) -> str:
    words = [f"{step.title} on {step.server}", step.would]
    words += [f"unless `{title}` changes that" for title in step.assumes]
    if step.diff is not None:
        text = json.dumps([step.diff.what, step.diff.before, step.diff.after])
        words.append(f"differences {hashlib.sha256(text.encode()).hexdigest()[:12]}")
    return ", ".join(words)


def changes(before: Mapping[str, str], now: Mapping[str, str]) -> tuple[str, ...]:
    """What differs between two looks, step by step."""
    gone = [f"{text}: no longer" for name, text in before.items() if name not in now]
    new = [f"{text}: not in the plan" for name, text in now.items() if name not in before]
    other = [
        f"{text}; the plan said: {before[name]}"
        for name, text in now.items()
        if before.get(name, text) != text
    ]
    return (*other, *new, *gone)


class Recorder:
    """A `Report` that gathers a plan."""

    def __init__(self) -> None:
        self._plays: list[PlannedPlay] = []
        self._tasks: list[PlannedTask] = []
        self._steps: list[PlannedStep] = []

    def report(self, progress: Progress) -> None:
        match progress:
            case PlayStarted():
                self._end_play()
                self._plays.append(
                    PlannedPlay(name=progress.name, servers=progress.servers, tasks=())
                )
            case TaskStarted():
                self._end_task()
                self._tasks.append(
                    PlannedTask(
                        path=progress.path, name=progress.name, place=progress.place, steps=()
                    )
                )
            case StepEnded() if self._tasks:
                self._steps.append(_step(progress.step, progress.title, progress))
            case TaskEnded():
                self._note_whole(progress)
            case _:
                pass

    def plan(self, charter: Charter, failures: Mapping[ServerName, Outcome]) -> Plan:
        self._end_play()
        ended = {server: one.message for server, one in failures.items()}
        return Plan(charter=charter, plays=tuple(self._plays), failures=ended)

    def _note_whole(self, ended: TaskEnded) -> None:
        """A task without a step of its own: which tasks are included nobody can tell yet."""
        if any(step.server == ended.server for step in self._steps):
            return
        if not self._tasks:
            self._tasks.append(PlannedTask(path=ended.path, name=ended.name, place="", steps=()))
        self._steps.append(_step(f"{ended.path}@{ended.server}", ended.name, ended))

    def _end_task(self) -> None:
        if self._tasks:
            done = dataclasses.replace(self._tasks[-1], steps=tuple(self._steps))
            self._tasks[-1] = done
        self._steps = []

    def _end_play(self) -> None:
        self._end_task()
        if self._plays:
            tasks = tuple(task for task in self._tasks if task.steps)
            self._plays[-1] = dataclasses.replace(self._plays[-1], tasks=tasks)
        self._tasks = []


def _step(name: str, title: str, ended: StepEnded | TaskEnded) -> PlannedStep:
    outcome = ended.outcome
    return PlannedStep(
        id=name,
        title=title,
        server=ended.server,
        would=WORDS[outcome.status],
        message=outcome.message,
        assumes=outcome.prediction.assumes if outcome.prediction is not None else (),
        diff=outcome.diff,
        item=ended.item if isinstance(ended, StepEnded) else "",
    )
