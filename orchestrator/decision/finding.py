"""One thing that a server lacks for a group, as `check --live` says it."""

import dataclasses
import enum

from orchestrator.model import ServerName


class Weight(enum.Enum):
    ERROR = "error"
    """A start or a move would fail, or would not be safe."""
    WARNING = "warning"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    server: ServerName
    weight: Weight
    what: str
    advice: str
