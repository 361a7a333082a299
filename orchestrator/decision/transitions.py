"""The role state machine of a server: one table, from which the drawing in the docs is made.

A server's role changes only along these lines. Two looks at a server may be any number of steps
apart, so what is checked is that the new role can be reached from the old one (`can_follow`).
"""

import enum
from collections.abc import Mapping

from orchestrator.model import Role


class Happening(enum.Enum):
    """What changes a server's role."""

    ANSWERS_CLEAN = "answers, holds nothing"
    ANSWERS_HELD = "answers, holds resources without a reign"
    ORDER_TAKEN = "takes an order"
    STARTED = "lease and every resource there"
    STOPPING = "stop ordered, or lease nearly over"
    STOPPED = "every resource checked as stopped"
    ORDER_LAPSED = "no lease came, or burned"
    FAILED = "a resource failed"
    REPAIRED = "the resource is back"
    CLEANED = "what it must not run is gone"
    SILENT = "no answer"
    OFF = "confirmed off"
    GONE_OVER = "was reset or rebooted"


TABLE: Mapping[tuple[Role, Happening], Role] = {
    (Role.UNKNOWN, Happening.ANSWERS_CLEAN): Role.STANDBY,
    (Role.UNKNOWN, Happening.ANSWERS_HELD): Role.FAULTED,
    (Role.UNKNOWN, Happening.ORDER_TAKEN): Role.PROMOTING,
    (Role.UNKNOWN, Happening.STARTED): Role.ACTIVE,
    (Role.UNKNOWN, Happening.STOPPING): Role.DEMOTING,
    (Role.UNKNOWN, Happening.OFF): Role.OFFLINE,
    (Role.OFFLINE, Happening.ANSWERS_CLEAN): Role.STANDBY,
    (Role.OFFLINE, Happening.ANSWERS_HELD): Role.FAULTED,
    (Role.OFFLINE, Happening.SILENT): Role.UNKNOWN,
    (Role.STANDBY, Happening.ORDER_TAKEN): Role.PROMOTING,
    (Role.STANDBY, Happening.ANSWERS_HELD): Role.FAULTED,
    (Role.STANDBY, Happening.SILENT): Role.UNKNOWN,
    (Role.PROMOTING, Happening.STARTED): Role.ACTIVE,
    (Role.PROMOTING, Happening.STOPPING): Role.DEMOTING,
    (Role.PROMOTING, Happening.ORDER_LAPSED): Role.STANDBY,
    (Role.PROMOTING, Happening.FAILED): Role.FAULTED,
    (Role.PROMOTING, Happening.SILENT): Role.UNKNOWN,
    (Role.ACTIVE, Happening.STOPPING): Role.DEMOTING,
    (Role.ACTIVE, Happening.FAILED): Role.FAULTED,
    (Role.ACTIVE, Happening.SILENT): Role.UNKNOWN,
    (Role.ACTIVE, Happening.GONE_OVER): Role.STANDBY,
    (Role.FAULTED, Happening.REPAIRED): Role.ACTIVE,
    (Role.FAULTED, Happening.STOPPING): Role.DEMOTING,
    (Role.FAULTED, Happening.CLEANED): Role.STANDBY,
    (Role.FAULTED, Happening.SILENT): Role.UNKNOWN,
    (Role.DEMOTING, Happening.STOPPED): Role.STANDBY,
    (Role.DEMOTING, Happening.FAILED): Role.FAULTED,
    (Role.DEMOTING, Happening.SILENT): Role.UNKNOWN,
}


def after(role: Role, happening: Happening) -> Role | None:
    """The role that follows; None: this cannot happen to a server in that role."""
    return TABLE.get((role, happening))


def can_follow(old: Role, new: Role) -> bool:
    """Whether a server last seen in one role may now be seen in the other.

    OFFLINE is never reached by silence: only a confirmed 'off' leads there.
    """
    reached, edge = {old}, {old}
    while edge:
        edge = {to for (since, _), to in TABLE.items() if since in edge} - reached
        reached |= edge
    return new in reached


def render() -> str:
    """The table as a Mermaid drawing and as a table: docs/explanation/role-states.md."""
    lines = [
        "# The roles of a server",
        "",
        "Made from the table in `orchestrator/decision/transitions.py`; do not edit. Silence",
        "leads to UNKNOWN, never to OFFLINE: only a confirmed 'off' does. PROMOTING and DEMOTING",
        "servers may hold resources and count as ACTIVE for every rule of [safety](safety.md).",
        "",
        "```mermaid",
        "stateDiagram-v2",
        "    [*] --> UNKNOWN",
    ]
    for (since, happening), to in TABLE.items():
        lines.append(f"    {since.value} --> {to.value}: {happening.value}")
    lines += ["```", "", "| role | what happens | becomes |", "|---|---|---|"]
    for (since, happening), to in TABLE.items():
        lines.append(f"| {since.value} | {happening.value} | {to.value} |")
    return "\n".join(lines) + "\n"
