"""What every mutating step must hold on the server, at the moment it acts.

The epoch alone lets through a start step that was queued before a demotion: its epoch is still
the highest known. The gate is open for one reign, one plan and one controller incarnation, until
the end of the lease; demotion, stop and burning close it first.
"""

from typing import NamedTuple, Optional

from remote_helpers.protocol.words import ALWAYS, Reign


class Gate(NamedTuple):
    """reign None: closed. `until` is on the fast clock; `incarnation` is the controller's."""

    reign: Optional[Reign]
    plan: str
    incarnation: str
    until: float


CLOSED = Gate(None, "", "", 0.0)


def opened(reign: Reign, incarnation: str, until: float) -> Gate:
    """Open, for no plan yet: the first plan of this controller incarnation takes it."""
    return Gate(reign, "", incarnation, until)


def for_plan(gate: Gate, reign: Reign, plan: str, incarnation: str) -> Optional[Gate]:
    """Hands the gate to a plan; None when it is not open for this reign and incarnation."""
    if not plan or gate.reign != reign or gate.incarnation != incarnation:
        return None
    return gate._replace(plan=plan)


def may_act(gate: Gate, reign: Reign, plan: str, incarnation: str, fast: float) -> bool:
    """Whether a step may change anything now; asked in the process that acts, right before.

    The end of the lease is checked too: a guard that died with the gate open closes nothing.
    """
    return (
        gate.reign == reign
        and gate.plan == plan != ""
        and gate.incarnation == incarnation
        and (gate.until == ALWAYS or fast < gate.until)
    )
