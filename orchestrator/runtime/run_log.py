"""A run's progress as JSON lines, and back: what happened, in order, in a file of its own.

Written by `operate` for every run (`runs/RUN.jsonl` in the state directory), by the command line
for `--log FILE`; read again by `hasys run show`. The journal is what a run is resumed from: a log
that cannot be written stops nothing.
"""

import contextlib
import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

from orchestrator.clock import Clock
from orchestrator.errors import UsageError
from orchestrator.executor.progress import (
    PlayStarted,
    Progress,
    Rescued,
    RunBegun,
    RunEnded,
    StepEnded,
    StepStarted,
    TaskEnded,
    TaskStarted,
)
from orchestrator.model import Epoch, GroupName, Outcome, RunId, ServerName, Status, StepId

FOLDER = "runs"
"""Inside the state directory."""


_EVENTS: Mapping[type[Progress], str] = {
    RunBegun: "run-begun",
    RunEnded: "run-ended",
    PlayStarted: "play",
    TaskStarted: "task",
    StepStarted: "step-begun",
    StepEnded: "step",
    TaskEnded: "task-ended",
    Rescued: "rescued",
}


class RunLog:
    """Writes to its file until that cannot be written any more."""

    def __init__(self, file: TextIO | None, clock: Clock) -> None:
        self._file = file
        self._clock = clock
        self.problem = ""
        """Why something of it is missing; empty: nothing is."""

    def note(self, progress: Progress) -> None:
        if self._file is None:
            return
        at = self._clock.utc().isoformat()
        record = {"at": at, "event": _EVENTS[type(progress)], **_content_of(progress)}
        try:
            self._file.write(json.dumps(record, default=str) + "\n")
            self._file.flush()
        except (OSError, ValueError) as error:
            self.problem = f"{self._file.name} cannot be written: {error}"
            self._file = None


@contextlib.contextmanager
def opened_log(state_directory: Path, run: RunId, clock: Clock) -> Iterator[RunLog]:
    """Of a resumed run the same file goes on."""
    path = log_file(state_directory, run)
    with contextlib.ExitStack() as stack:
        file, problem = None, ""
        try:
            path.parent.mkdir(mode=0o700, exist_ok=True)
            file = stack.enter_context(path.open("a", encoding="utf-8"))
        except OSError as error:
            problem = f"{path} cannot be written: {error.strerror}"
        log = RunLog(file, clock)
        log.problem = problem
        yield log


def log_file(state_directory: Path, run: str) -> Path:
    return state_directory / FOLDER / f"{run}.jsonl"


def read_log(path: Path) -> Iterator[Mapping[str, Any]]:
    """Its records. A last line that a power cut left unfinished is passed over."""
    try:
        with path.open(encoding="utf-8") as file:
            for line in file:
                with contextlib.suppress(ValueError):
                    yield json.loads(line)
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}"
        raise UsageError(message, hint="hasys history lists the runs") from None


def _content_of(progress: Progress) -> dict[str, Any]:
    fields = dataclasses.fields(progress)
    found: dict[str, Any] = {field.name: getattr(progress, field.name) for field in fields}
    match progress:
        case StepEnded():
            found |= {**_outcome(found.pop("outcome")), "result": progress.outcome.result}
        case TaskEnded():
            found |= {**_outcome(found.pop("outcome")), "ignored": found.pop("is_ignored")}
        case _:
            pass
    return found


def _outcome(outcome: Outcome) -> dict[str, Any]:
    took_s = round(outcome.took_s, 4)
    return {"status": outcome.status.value, "message": outcome.message, "took_s": took_s}


def progress_of(record: Mapping[str, Any]) -> Progress:
    """Raises KeyError or ValueError for what is none of ours."""
    return _READERS[record["event"]](record)


def _outcome_of(record: Mapping[str, Any]) -> Outcome:
    return Outcome(
        status=Status(record["status"]),
        message=record["message"],
        result=record.get("result", {}),
        took_s=record["took_s"],
    )


_READERS: Mapping[str, Callable[[Mapping[str, Any]], Progress]] = {
    "run-begun": lambda one: RunBegun(
        run=RunId(one["run"]),
        group=GroupName(one["group"]),
        playbook=one["playbook"],
        source=ServerName(one["source"]),
        target=ServerName(one["target"]),
        epoch=Epoch(one["epoch"]),
        by=one["by"],
    ),
    "run-ended": lambda one: RunEnded(state=one["state"], failures=one["failures"]),
    "play": lambda one: PlayStarted(
        name=one["name"], servers=tuple(ServerName(name) for name in one["servers"])
    ),
    "task": lambda one: TaskStarted(path=one["path"], name=one["name"], place=one["place"]),
    "step-begun": lambda one: StepStarted(
        step=StepId(one["step"]), title=one["title"], server=ServerName(one["server"])
    ),
    "step": lambda one: StepEnded(
        step=StepId(one["step"]),
        title=one["title"],
        server=ServerName(one["server"]),
        outcome=_outcome_of(one),
        replayed=one["replayed"],
        item=one["item"],
    ),
    "task-ended": lambda one: TaskEnded(
        path=one["path"],
        name=one["name"],
        server=ServerName(one["server"]),
        outcome=_outcome_of(one),
        is_ignored=one["ignored"],
    ),
    "rescued": lambda one: Rescued(path=one["path"], server=ServerName(one["server"])),
}
