"""What is said between guards, and between a controller and a guard.

Every message names group, membership, sender and receiver, and travels sealed under a key for
that direction: what names its own sender as receiver, comes from another membership, or was
meant for the other direction is dropped before anybody looks at it. Replay is harmless by
design (an answer counts only from the question's own time), so there are no sequence windows.
"""

import hashlib
import hmac
import json
from typing import Any, Dict, NamedTuple, Optional, Tuple

from remote_helpers.protocol.words import Registration, Reign


class Question(NamedTuple):
    """May I go on? Asked by the holder of a reign, of its peer and of the controller."""

    reign: Reign
    incarnation: str
    asked_at: float
    """The holder's own clock; the answer repeats it, and the lease counts from it."""


class Answer(NamedTuple):
    """Until `asked_at` + `lease` on your clock I give nobody else my vote."""

    question: Question
    lease: float
    by: Registration
    """The controller that answers; NOBODY: the peer's guard does."""


class Beat(NamedTuple):
    """Heartbeat of a guard: that it lives, and what it knows."""

    boot: str
    reign: Optional[Reign]
    """The reign that it holds; None: it holds nothing."""
    running: bool
    """Whether that reign's lease is running: it serves."""
    registered: Registration
    epoch: int


class Register(NamedTuple):
    """Take me as the one holder of the controller's vote."""

    registration: Registration
    expected: Optional[Registration]
    """Compare-and-set: only if this one is registered now; None: whoever has a lower term."""


class Proven(NamedTuple):
    """A reign that is over, and how the controller knows: stopped, burned or fenced."""

    reign: Reign
    how: str


class Order(NamedTuple):
    """Become ACTIVE."""

    registration: Registration
    reign: Reign
    proven: Tuple[Proven, ...]
    run_out: Tuple[Reign, ...]
    """Older reigns not proven over: they must have run out, here as with the controller."""
    forced: bool
    adopts: bool
    """The service runs here already, under nobody's reign: it is taken over as it is."""


class Withdraw(NamedTuple):
    """Give this reign your vote no more (for T/4; ask again to go on)."""

    registration: Registration
    reign: Reign
    forced: bool


class Stop(NamedTuple):
    """End this reign, or refuse it for ever if it never began; say when it is done."""

    registration: Registration
    reign: Reign


class Solo(NamedTuple):
    """Give (or end) a term without end for this reign. Numbers only rise."""

    registration: Registration
    reign: Reign
    number: int
    give: bool


class Lease(NamedTuple):
    """The length of a lease from now on."""

    registration: Registration
    lease: float


class Plan(NamedTuple):
    """Hand the open gate of this reign to a plan; the plan before loses it."""

    registration: Registration
    reign: Reign
    plan: str


class Members(NamedTuple):
    """The group has another member from now on; a new number is a new key."""

    registration: Registration
    membership: int
    peer: str


class Status(NamedTuple):
    """Asks for nothing but the report; anybody with the key may."""

    registration: Registration


class Report(NamedTuple):
    """How a guard is: the reply to everything that a controller says."""

    boot: str
    incarnation: str
    phase: str
    reign: Optional[Reign]
    """The last reign whose order was taken on this server, whatever became of it."""
    lease_left: Optional[float]
    """None: no lease, or solo."""
    solo: bool
    solo_number: int
    promised: int
    """Orders of this epoch and below are refused."""
    promise_left: float
    """How long until everything promised here is over; 0: nothing is out."""
    withdrawn: Optional[Reign]
    registered: Registration
    membership: int
    lease: float
    lease_max: float
    counter: int
    amnesiac: bool
    held: Optional[bool]
    """Whether exclusive resources are held here; None: not checked since guard or boot began."""
    peer_heard: Optional[float]
    """Seconds since the peer's guard was heard; None: never."""
    peer_reign: Optional[Reign]
    peer_running: bool
    gate_open: bool


class Reply(NamedTuple):
    """What became of a controller's message."""

    to: str
    """Its type, lower case: `order`, `stop`, ..."""
    accepted: bool
    why: str
    reign: Optional[Reign]
    """The reign that it spoke of: a confirmation without it would fit any."""
    number: int
    report: Report


_TYPES = {
    kind.__name__.lower(): kind
    for kind in (
        Question,
        Answer,
        Beat,
        Register,
        Order,
        Withdraw,
        Stop,
        Solo,
        Lease,
        Status,
        Plan,
        Members,
        Reply,
    )
}  # type: Dict[str, Any]
_NESTED = {
    "reign": Reign,
    "registration": Registration,
    "registered": Registration,
    "expected": Registration,
    "by": Registration,
    "withdrawn": Reign,
    "peer_reign": Reign,
    "question": Question,
    "report": Report,
}  # type: Dict[str, Any]
_LISTS = {"proven": Proven, "run_out": Reign}  # type: Dict[str, Any]


class Envelope(NamedTuple):
    """Who says it to whom, in which group, under which membership."""

    group: str
    membership: int
    sender: str
    receiver: str


class BadMessage(ValueError):
    """Not a message of this protocol: dropped and counted, never answered."""


def _plain(value: Any) -> Any:
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return {name: _plain(one) for name, one in value._asdict().items()}
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return value


def _build(kind: Any, data: Any) -> Any:
    if not isinstance(data, dict) or set(data) != set(kind._fields):
        raise BadMessage("%s has other fields" % kind.__name__)
    values = {}
    for name, value in data.items():
        if name in _NESTED:
            values[name] = None if value is None else _build(_NESTED[name], value)
        elif name in _LISTS:
            values[name] = tuple(_build(_LISTS[name], one) for one in value)
        else:
            values[name] = value
    return kind(**values)


def encode(message: Any) -> Dict[str, Any]:
    """As JSON values: `{"type": ..., fields}`."""
    data = _plain(message)  # type: Dict[str, Any]
    return dict(data, type=type(message).__name__.lower())


def decode(data: Any) -> Any:
    """Raises BadMessage for anything else than a whole message of a known type."""
    if not isinstance(data, dict) or data.get("type") not in _TYPES:
        raise BadMessage("no known type")
    fields = {name: value for name, value in data.items() if name != "type"}
    return _build(_TYPES[data["type"]], fields)


def canonical(envelope: Envelope, message: Any) -> bytes:
    """The same bytes on every system and version: sorted keys, no spaces, ASCII."""
    data = {"envelope": _plain(envelope), "message": encode(message)}
    return json.dumps(data, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


def direction_key(secret: bytes, envelope: Envelope) -> bytes:
    """A key that fits one direction and one membership only.

    With one key for both directions a guard whose heartbeat address loops back to itself would
    answer its own questions, and hold its lease for ever.
    """
    words = "\0".join(
        ["hasys", envelope.group, str(envelope.membership), envelope.sender, envelope.receiver]
    )
    return hmac.new(secret, words.encode("utf-8"), hashlib.sha256).digest()


def seal(envelope: Envelope, message: Any, secret: bytes) -> bytes:
    """One datagram: the seal, a space, the canonical bytes."""
    body = canonical(envelope, message)
    mac = hmac.new(direction_key(secret, envelope), body, hashlib.sha256).hexdigest()
    return mac.encode("ascii") + b" " + body


def unseal(datagram: bytes, expected: Envelope, secrets: Tuple[bytes, ...]) -> Any:
    """The message, if it is from `expected.sender` to me under one of my keys (two in a change)."""
    mac, space, body = datagram.partition(b" ")
    if expected.sender == expected.receiver or not space:
        raise BadMessage("names itself, or is no message")
    for secret in secrets:
        key = direction_key(secret, expected)
        want = hmac.new(key, body, hashlib.sha256).hexdigest().encode("ascii")
        if hmac.compare_digest(want, mac):
            break
    else:
        raise BadMessage("the seal does not fit")
    try:
        data = json.loads(body.decode("ascii"))
    except ValueError:
        raise BadMessage("no JSON") from None
    if not isinstance(data, dict) or data.get("envelope") != _plain(expected):
        raise BadMessage("meant for somebody else")
    return decode(data.get("message"))
