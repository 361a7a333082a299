"""How a step ended on one server. Unreachable is an outcome, not an exception."""

import dataclasses
import enum
from collections.abc import Mapping
from typing import Any

from orchestrator.model.prediction import Diff, NoUndo, Prediction, Undo


class Status(enum.Enum):
    OK = "ok"
    CHANGED = "changed"
    SKIPPED = "skipped"
    FAILED = "failed"
    UNREACHABLE = "unreachable"
    """No answer: what the step did on the server is not known."""
    INTERRUPTED = "interrupted"
    UNDECIDED = "undecided"
    """In a plan alone: whether it is done, or how it ends, shows when it runs."""

    @property
    def is_good(self) -> bool:
        return self in (Status.OK, Status.CHANGED, Status.SKIPPED, Status.UNDECIDED)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    status: Status
    message: str = ""
    """For people: what was seen; for a failure also what to do."""
    result: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    """What `register` keeps, JSON values only."""
    took_s: float = 0.0
    diff: Diff | None = None
    """What it changed, where the module can tell."""
    prediction: Prediction | None = None
    """In a plan: it was not done, only foretold."""
    undo: Undo | NoUndo | None = None
    """How it is taken back; None: it changed nothing that would have to be."""
