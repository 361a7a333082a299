"""What passes between a command line and the daemon, as JSON lines over a Unix socket."""

import dataclasses
from typing import Any

import cattrs
from cattrs.preconf.json import make_converter

from orchestrator.daemon.look import Look
from orchestrator.errors import HasysError
from orchestrator.executor import progress
from orchestrator.executor.progress import Progress
from orchestrator.executor.run import RunResult
from orchestrator.fencing import Fenced, FenceOutcome, NotFenced, Reading
from orchestrator.model import Monotonic, Refusal, ResourceName, ServerName
from orchestrator.playbooks.directives import Selection
from orchestrator.runtime.wishes import Wished
from orchestrator.transport import Done, Failed, Reply, Unreachable

SOCKET = "hasys.sock"
"""In the state directory, for its owner alone."""
LONGEST_LINE = 16 * 1024 * 1024

_converter = make_converter()
_KINDS = {
    kind.__name__: kind
    for kind in (
        progress.RunBegun,
        progress.RunEnded,
        progress.PlayStarted,
        progress.TaskStarted,
        progress.StepStarted,
        progress.StepEnded,
        progress.TaskEnded,
        progress.Rescued,
    )
}

_REPLIES = {kind.__name__: kind for kind in (Done, Failed, Unreachable)}


class DaemonSaysNo(HasysError):
    """An error of the daemon, with the exit code that it has there."""

    def __init__(self, message: str, *, hint: str = "", exit_code: int = 1) -> None:
        super().__init__(message, hint=hint)
        self.exit_code = exit_code


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An order as it is sent: the playbook's text, as the command line has read it."""

    group: str
    playbook: str
    file: str
    text: str
    files: dict[str, str]
    wish: Wished
    only: tuple[ResourceName, ...]
    limit: ServerName | None
    selection: dict[str, Any]
    variables: dict[str, Any]
    by: str
    plan: str = ""
    diff: bool = False

    def chosen(self) -> Selection:
        return Selection.from_json(self.selection)


def asked_to_json(asked: Asked) -> Any:
    return _converter.unstructure(asked)


def asked_from_json(document: Any) -> Asked:
    """Raises ValueError for anything else."""
    try:
        return _converter.structure(document, Asked)
    except (cattrs.BaseValidationError, TypeError, KeyError) as problem:
        raise ValueError(f"not an order: {problem}") from problem


def progress_to_json(one: Progress) -> dict[str, Any]:
    return {"kind": type(one).__name__, "data": _converter.unstructure(one)}


def progress_from_json(document: dict[str, Any]) -> Progress:
    kind: Any = _KINDS[document["kind"]]
    one: Progress = _converter.structure(document["data"], kind)
    return one


def result_to_json(result: RunResult | tuple[Refusal, ...]) -> dict[str, Any]:
    if isinstance(result, tuple):
        return {"refused": [_converter.unstructure(one) for one in result]}
    return {"result": _converter.unstructure(result)}


def result_from_json(document: dict[str, Any]) -> RunResult | tuple[Refusal, ...]:
    if "refused" in document:
        return tuple(_converter.structure(one, Refusal) for one in document["refused"])
    return _converter.structure(document["result"], RunResult)


def refusal_to_json(refusal: Refusal) -> Any:
    return _converter.unstructure(refusal)


def refusal_from_json(document: Any) -> Refusal:
    return _converter.structure(document, Refusal)


def look_to_json(look: Look) -> dict[str, Any]:
    kind = type(look.reply).__name__
    return {"at": look.at, "kind": kind, "reply": _converter.unstructure(look.reply)}


def look_from_json(document: dict[str, Any]) -> Look:
    kind: Any = _REPLIES[document["kind"]]
    reply: Reply = _converter.structure(document["reply"], kind)
    return Look(reply=reply, at=Monotonic(document["at"]))


def fencing_to_json(result: FenceOutcome | tuple[Reading, ...]) -> dict[str, Any]:
    if isinstance(result, tuple):
        return {"readings": [_converter.unstructure(one) for one in result]}
    key = "fenced" if isinstance(result, Fenced) else "not_fenced"
    return {key: _converter.unstructure(result)}


def outcome_from_json(document: dict[str, Any]) -> FenceOutcome:
    if "fenced" in document:
        return _converter.structure(document["fenced"], Fenced)
    return _converter.structure(document["not_fenced"], NotFenced)


def readings_from_json(document: dict[str, Any]) -> tuple[Reading, ...]:
    return tuple(_converter.structure(one, Reading) for one in document["readings"])
