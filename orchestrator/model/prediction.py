"""What a step would do, said before it does it; and how a step that was done is taken back.

Made by playbook modules from what a server answers to a question; shown by plans, kept by the
journal.
"""

import dataclasses
import enum
from collections.abc import Mapping
from typing import Any

from orchestrator.model.ids import ServerName


class Verdict(enum.Enum):
    CHANGE = "would change"
    NOTHING = "would change nothing"
    FAIL = "would fail"
    UNKNOWN = "decided when it runs"
    """Only doing it tells. Never a guess in either direction."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Diff:
    """What is there and what would be, or was and is: two texts for people to compare."""

    before: str
    after: str
    what: str = ""
    """The file, the unit, the setting that they are of."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """A module's word on one step, from read-only questions to the server."""

    verdict: Verdict
    message: str = ""
    """What was seen: why nothing would change, which precondition does not hold."""
    result: Mapping[str, Any] | None = None
    """What `register` would hold; None: that shows when it runs."""
    diff: Diff | None = None
    assumes: tuple[str, ...] = ()
    """Earlier steps of which nobody can tell whether they touch the same; filled in by the plan."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Undo:
    """One task that takes a step back; its arguments are values, never templates."""

    module: str
    args: Mapping[str, Any]
    server: ServerName | None = None
    """Where the step was done; the executor fills it in."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class NoUndo:
    reason: str
