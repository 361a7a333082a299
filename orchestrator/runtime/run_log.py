"""A run's progress as JSON lines, and back: what happened, in order, in a file of its own.

Called by `operate` for every run (`runs/RUN.jsonl` in the state directory) and for `--log FILE`;
read again by `hasys run show`. The journal is what a run is resumed from: a log that cannot be
written stops nothing.
"""

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO, assert_never

from orchestrator.clock import Clock
from orchestrator.errors import UsageError
from orchestrator.executor.progress import (
    PlayStarted,
    Progress,
    Rescued,
    StepEnded,
    StepStarted,
    TaskEnded,
    TaskStarted,
)
from orchestrator.executor.run import RunResult
from orchestrator.model import Outcome, RunId, ServerName, Status, StepId

FOLDER = "runs"
"""Inside the state directory."""


class RunLog:
    """Writes to each of its files until that one cannot be written any more."""

    def __init__(self, files: list[TextIO], clock: Clock) -> None:
        self._files = files
        self._clock = clock
        self.problem = ""
        """Why something of it is missing; empty: nothing is."""

    def note(self, progress: Progress) -> None:
        self.write(_event_of(progress), _content_of(progress))

    def begun(self, content: Mapping[str, Any]) -> None:
        self.write("run-begun", content)

    def ended(self, result: RunResult) -> None:
        failures = {str(server): one.message for server, one in result.failures.items()}
        failures |= {f"refusal {n}": one.evidence for n, one in enumerate(result.refusals, start=1)}
        self.write("run-ended", {"state": result.state.value, "failures": failures})

    def write(self, event: str, content: Mapping[str, Any]) -> None:
        record = {"at": self._clock.utc().isoformat(), "event": event, **content}
        line = json.dumps(record, default=str) + "\n"
        for file in tuple(self._files):
            try:
                file.write(line)
                file.flush()
            except (OSError, ValueError) as error:
                self._files.remove(file)
                self.problem = f"{file.name} cannot be written: {error}"


@contextlib.contextmanager
def opened_log(
    state_directory: Path, run: RunId, beside: TextIO | None, clock: Clock
) -> Iterator[RunLog]:
    """Of a resumed run the same file goes on."""
    files = [] if beside is None else [beside]
    path = log_file(state_directory, run)
    with contextlib.ExitStack() as stack:
        log = RunLog(files, clock)
        try:
            path.parent.mkdir(mode=0o700, exist_ok=True)
            files.append(stack.enter_context(path.open("a", encoding="utf-8")))
        except OSError as error:
            log.problem = f"{path} cannot be written: {error.strerror}"
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


def _event_of(progress: Progress) -> str:
    match progress:
        case PlayStarted():
            return "play"
        case TaskStarted():
            return "task"
        case StepStarted():
            return "step-begun"
        case StepEnded():
            return "step"
        case TaskEnded():
            return "task-ended"
        case Rescued():
            return "rescued"
        case _:
            assert_never(progress)


def _content_of(progress: Progress) -> dict[str, Any]:
    match progress:
        case PlayStarted():
            return {"name": progress.name, "servers": progress.servers}
        case TaskStarted():
            return {"path": progress.path, "name": progress.name, "place": progress.place}
        case StepStarted():
            return {"step": progress.step, "title": progress.title, "server": progress.server}
        case StepEnded():
            return {
                "step": progress.step,
                "title": progress.title,
                "item": progress.item,
                "server": progress.server,
                **_outcome(progress.outcome),
                "result": progress.outcome.result,
                "replayed": progress.replayed,
            }
        case TaskEnded():
            return {
                "path": progress.path,
                "name": progress.name,
                "server": progress.server,
                **_outcome(progress.outcome),
                "ignored": progress.is_ignored,
            }
        case Rescued():
            return {"path": progress.path, "server": progress.server}
        case _:
            assert_never(progress)


def _outcome(outcome: Outcome) -> dict[str, Any]:
    took_s = round(outcome.took_s, 4)
    return {"status": outcome.status.value, "message": outcome.message, "took_s": took_s}


def progress_of(record: Mapping[str, Any]) -> Progress | None:
    """None: a record of the run itself. Raises KeyError or ValueError for what is none of ours."""
    read = _READERS.get(record["event"])
    return None if read is None else read(record)


def _outcome_of(record: Mapping[str, Any]) -> Outcome:
    return Outcome(
        status=Status(record["status"]),
        message=record["message"],
        result=record.get("result", {}),
        took_s=record["took_s"],
    )


_READERS: Mapping[str, Callable[[Mapping[str, Any]], Progress]] = {
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
