"""What a decision may ask for. Acting on them is the executor's, sending them the loop's."""

import dataclasses

from orchestrator.model import Reason, ResourceName, ServerName
from orchestrator.model.state import GoalKind, GroupState
from remote_helpers.protocol.words import Reign


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RegisterOn:
    """Ask this server to take our registration."""

    server: ServerName


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class NewTerm:
    """Begin a new term: a server has lost or old memory, or holds a higher one of our own."""

    why: Reason


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawOn:
    """Ask the standby to give this reign its vote no more; for T/4, so ask again."""

    server: ServerName
    reign: Reign


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class StopReign:
    """End (or burn) this reign on its server, and have it say so."""

    server: ServerName
    reign: Reign


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class NoteOrder:
    """Every proof is there: note a new reign on this server, durably; the order follows."""

    server: ServerName
    boot: str
    forced: bool
    adopts: bool = False
    above: int = 0
    """The highest epoch that a server has promised, whoever ordered it."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SendOrder:
    """Send the noted order (again)."""

    server: ServerName
    reign: Reign


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class GiveSolo:
    server: ServerName
    reign: Reign


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class EndSolo:
    server: ServerName
    reign: Reign


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Fence:
    """Switch this server off because of this reign, and read it back."""

    server: ServerName
    reign: Reign


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RestartResource:
    """Auto Action: start it again where it is."""

    server: ServerName
    resource: ResourceName


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CleanServer:
    """Take down what a server must not run before it is STANDBY again."""

    server: ServerName


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class LetWrite:
    """Writes that wait for a word go on: the other copy is noted as out of date."""

    server: ServerName


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ConnectCopies:
    """The copies of a standby that is back are brought up, so that they are synced."""

    server: ServerName


Work = RestartResource | CleanServer | LetWrite | ConnectCopies
"""What takes a run of steps on a server."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Tell:
    """An alarm for people."""

    kind: Reason
    text: str


Intent = (
    RegisterOn
    | NewTerm
    | WithdrawOn
    | StopReign
    | NoteOrder
    | SendOrder
    | GiveSolo
    | EndSolo
    | Fence
    | RestartResource
    | CleanServer
    | LetWrite
    | ConnectCopies
    | Tell
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Because:
    """One reason, with what was seen and how old that is."""

    reason: Reason
    evidence: str
    age_s: float | None = None
    """None: no observation stands behind it, or it was never seen."""
    advice: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What to keep, what to do, and why; not acting has its reasons too."""

    state: GroupState
    intents: tuple[Intent, ...]
    reasons: tuple[Because, ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a policy wants to come about."""

    kind: GoalKind
    target: ServerName
    source: ServerName | None
    because: Because
    forced: bool = False
