"""Whether a step that changes the server may act now, by the gate of the group's guard.

Asked in the process that acts, under the lock of the group's steps. A group without a guard's
record is not guarded, and the epoch of the run decides alone.
"""

import os
from typing import Any, NamedTuple, Optional

from remote_helpers.guarding import clock, gate_file, record_file
from remote_helpers.guarding.places import Places
from remote_helpers.operation import OperationError
from remote_helpers.protocol import gate as gates
from remote_helpers.protocol.words import Reign


class Pass(NamedTuple):
    """What a request carries: for which reign, by which plan, of which controller."""

    reign: Optional[Reign]
    """None: for what takes nothing."""
    plan: str
    incarnation: str


def pass_of(data: Any) -> Optional[Pass]:
    """From the request's JSON; None: it carries none."""
    if data is None:
        return None
    try:
        reign = None if data.get("reign") is None else Reign(*data["reign"])
        return Pass(reign, str(data.get("plan") or ""), str(data["incarnation"]))
    except (KeyError, TypeError, AttributeError) as problem:
        raise OperationError("bad-request", "gate: {!r}".format(problem)) from problem


def check(places: Places, shown: Optional[Pass], *, takes: bool) -> None:
    """Raises OperationError, `gate-closed`. `takes`: the step may take an exclusive resource."""
    published = gate_file.read(places.gate)
    if published is None and not os.path.lexists(places.record):
        return
    if shown is None:
        raise _closed("the group is guarded, and the step carries no gate")
    record = record_file.load(places.record)
    registered = "" if record is None else record.registered.incarnation
    if shown.incarnation != registered:
        raise _closed("another controller is registered with the guard, or none")
    if not takes:
        return
    if published is None:
        raise _closed("no guard has run here since the server started")
    gate = published.gate
    if shown.reign is None:
        raise _closed("the step shows no reign")
    fast = clock.advanced(published.clocks).now.fast
    if not gates.may_act(gate, shown.reign, shown.plan, shown.incarnation, fast):
        raise _closed(_why(gate, shown, shown.reign, fast))


def _why(gate: gates.Gate, shown: Pass, reign: Reign, fast: float) -> str:
    if gate.reign is None:
        return "no reign holds this server"
    if gate.reign != reign:
        return "it is open for reign {}, not {}".format(gate.reign.epoch, reign.epoch)
    if gate.incarnation != shown.incarnation:
        return "it is open for another controller"
    if gate.plan != shown.plan:
        return "it is open for plan {!r}, not {!r}".format(gate.plan, shown.plan)
    return "the lease ended {:.1f} s ago".format(fast - gate.until)


def _closed(why: str) -> OperationError:
    return OperationError("gate-closed", "the gate is closed: {}; nothing was done".format(why))
