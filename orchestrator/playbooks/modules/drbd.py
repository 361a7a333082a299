"""`drbd`: connects, parts and repairs the copies of a DRBD resource; promoting is the flow's."""

from collections.abc import Mapping
from typing import ClassVar

from orchestrator.model import Outcome, Status
from orchestrator.playbooks.arguments import Kind, Parameter, Parameters
from orchestrator.playbooks.module import Call, Module
from orchestrator.transport import Done, Request

SEEN = "seen"
STATES = (
    SEEN,
    "connected",
    "attached",
    "disconnected",
    "discarded",
    "replaced",
    "outdated",
    "writing",
    "kept",
    "kept-whole",
    "undone",
    "dropped",
    "guarded",
)


class Drbd(Module):
    name = "drbd"
    summary = "Connects, parts or repairs this server's copy of a DRBD resource; says how it is."
    mutates = True
    parameters: ClassVar[Parameters] = {
        "resource": Parameter(
            kind=Kind.TEXT, summary="its name in /etc/drbd.d; see `drbd_resources`", required=True
        ),
        "state": Parameter(
            kind=Kind.TEXT,
            summary="`seen` only looks; `connected` brings it up, too; `attached` "
            "takes a disk again that was given up after an error; `discarded` gives up what "
            "was written here since the two parted, `replaced` the whole copy; `kept` and "
            "`kept-whole` take an LVM snapshot before these two, `undone` goes back to it, "
            "`dropped` removes it; `outdated` forbids promoting it; `writing` lets frozen writes "
            "go on; `guarded` lays the fence-peer handler there",
            default=SEEN,
            choices=STATES,
        ),
    }
    returns: ClassVar[Mapping[str, str]] = {
        "in_sync": "whether both ends hold every write",
        "alone": "why it does not connect (`split-brain`, `authentication`, `disconnected`, ...)",
        "connected": "whether it sees its peer",
        "standstill": "why no sync will come about by itself (no disk, paused, ...), and what now",
        "out_of_sync_bytes": "what differs, as far as this side knows",
        "kept": "the snapshot of an earlier repair, and how full it is",
        "data": "everything that was seen",
    }
    foretold = "whether it would change something"
    undone = "no; `undone` goes back to what was `kept` before a `discarded`"

    def ask(self, call: Call) -> Request:
        resource, state = call.args["resource"], call.args["state"]
        if state == SEEN:
            return Request(
                op="copies.look", args={"resource": resource}, deadline_s=call.deadline_s
            )
        args = {"resource": resource, "state": state}
        return Request(op="copies.bring", args=args, deadline_s=call.deadline_s)

    def conclude(self, call: Call, done: Done) -> Outcome:
        del call
        status = Status.CHANGED if done.data.get("changed") else Status.OK
        return Outcome(status=status, message=str(done.data.get("detail", "")), result=done.data)

    def touches(self, call: Call) -> frozenset[str]:
        return frozenset({f"drbd:{call.args['resource']}"})

    def may_repeat(self, call: Call) -> bool:
        """All look at the state before they act, but for the snapshot, which says so itself."""
        return call.args["state"] not in ("kept", "kept-whole", "undone")
