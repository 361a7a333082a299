"""Public facts in the past tense: what `hasys events` lists and the Manager shows."""

import dataclasses
import enum

from orchestrator.model.ids import GroupName, RunId, ServerName
from orchestrator.model.moment import Utc


class Severity(enum.Enum):
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    at: Utc
    group: GroupName
    kind: str
    """`run-started`, `step-failed`, ...: one word a kind (docs/reference/events.md)."""
    severity: Severity
    text: str
    server: ServerName | None = None
    source: str = "controller"
    """Who saw it: controller, probe, guard, a person's login name."""
    run: RunId | None = None
