"""What a controller tells a guard about its group: parsed once, wrong ones refused whole."""

from typing import Any, Dict, List, Mapping, NamedTuple, Tuple

from remote_helpers.operation import OperationError
from remote_helpers.protocol.words import Terms

BEST = ""
RESETS = (BEST, "device", "systemd", "none")


class Link(NamedTuple):
    """One way to the peer's guard, by UDP."""

    name: str
    mine: str
    theirs: str
    port: int


class Settings(NamedTuple):
    group: str
    me: str
    peer: str
    membership: int
    lease: float
    terms: Terms
    device: str
    reset: str
    links: Tuple[Link, ...]
    keys: Tuple[bytes, ...]
    resources: Tuple[Tuple[Mapping[str, Any], ...], ...]
    """Layers in the order in which they stop."""

    @property
    def flat(self) -> List[Mapping[str, Any]]:
        return [one for layer in self.resources for one in layer]


def parse(data: Mapping[str, Any]) -> Settings:
    """Raises OperationError, `bad-request`, naming what is wrong."""
    try:
        found = _build(data)
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise _wrong(repr(problem)) from problem
    wrong = _problems(found)
    if wrong:
        raise _wrong("; ".join(wrong))
    return found


def _build(data: Mapping[str, Any]) -> Settings:
    terms = Terms(*(float(data[name]) for name in ("budget", "error", "margin", "watchdog")))
    links = tuple(
        Link(str(one["name"]), str(one["mine"]), str(one["theirs"]), int(one["port"]))
        for one in data["links"]
    )
    layers = tuple(tuple(_resource(one) for one in layer) for layer in data["resources"])
    return Settings(
        group=str(data["group"]),
        me=str(data["me"]),
        peer=str(data["peer"]),
        membership=int(data["membership"]),
        lease=float(data["lease"]),
        terms=terms,
        device=str(data.get("watchdog_device") or ""),
        reset=str(data.get("reset") or BEST),
        links=links,
        keys=tuple(bytes.fromhex(one) for one in data["keys"]),
        resources=layers,
    )


def _resource(data: Any) -> Dict[str, Any]:
    return {"name": str(data["name"]), "type": str(data["type"]), "spec": dict(data["spec"])}


def _problems(found: Settings) -> List[str]:
    problems = []
    if not found.me or not found.peer or found.me == found.peer:
        problems.append("me and peer must be two names")
    if found.reset not in RESETS:
        problems.append("reset is {!r}".format(found.reset))
    if found.reset == "device" and not found.device:
        problems.append("reset is device, but watchdog_device names none")
    if not 1 <= len(found.keys) <= 2 or min(len(key) for key in found.keys) < 16:
        problems.append("keys are one or two of at least 16 bytes")
    if not 0.0 < found.terms.budget < found.lease:
        problems.append("the demotion budget must be shorter than the lease")
    if not 0.0 <= found.terms.error < 1.0 or found.terms.margin < 0.0 or found.terms.watchdog < 0.0:
        problems.append("error, margin or watchdog is out of range")
    problems += [
        "link {} leads from {} to itself".format(one.name, one.mine)
        for one in found.links
        if one.mine == one.theirs
    ]
    return problems


def _wrong(what: str) -> OperationError:
    return OperationError("bad-request", "settings of the guard: " + what)
