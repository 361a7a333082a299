"""What changed from one turn to the next, as events: kept, listed, shipped.

Said once, when it changes: a reason that stands in the way for an hour is one event, not thousands.
"""

import asyncio

from orchestrator.decision.intents import Because, Decision, Tell
from orchestrator.model import Event, GroupName, Role, ServerName, Severity
from orchestrator.model.state import Goal, GroupState
from orchestrator.runtime.application import Application
from orchestrator.transport import Done, Reply

LOUD = {
    Role.FAULTED: Severity.ERROR,
    Role.UNKNOWN: Severity.WARNING,
    Role.OFFLINE: Severity.WARNING,
}


class Newsroom:
    """Queues what there is to tell; writing it never delays a decision."""

    def __init__(self, application: Application, group: GroupName) -> None:
        self._application = application
        self._group = group
        self._waiting: asyncio.Queue[Event] = asyncio.Queue()
        self._said: dict[str, str] = {}
        """Kind -> the text last said of what lasts."""

    async def tell(self) -> None:
        """Until cancelled."""
        while True:
            await self._application.publisher.publish(await self._waiting.get())

    def say(self, event: Event) -> None:
        self._waiting.put_nowait(event)

    def compare(
        self, before: GroupState, after: GroupState, decision: Decision, *, acting: bool
    ) -> None:
        """`acting`: a run is in progress; what stands in the way in its middle is no news."""
        for server, role in sorted(after.roles.items()):
            if before.roles.get(server) is not role:
                self._role(server, before.roles.get(server), role, decision.reasons)
        for server in sorted(before.outdated ^ after.outdated):
            self._copy(server, is_trusted=server not in after.outdated)
        if before.goal != after.goal:
            self._goal(before.goal, after.goal, decision.reasons)
        if decision.reasons and after.goal is None and not acting:
            first = decision.reasons[0]
            self._lasting("standing", first.reason.value, _told(first))

    def measured(self, text: str) -> None:
        self._add("movement-took", text)

    def alarm(self, intent: Tell) -> None:
        self._lasting(f"alarm-{intent.kind.value}", intent.text, intent.text, Severity.WARNING)

    def trouble(self, kind: str, text: str) -> None:
        self._lasting(kind, text, text, Severity.ERROR)

    def guard(self, server: ServerName, reply: Reply) -> None:
        """What became of a guard that was to be started."""
        if isinstance(reply, Done):
            how, cover = reply.data.get("how", "started"), reply.data.get("cover", "none")
            warnings = "; ".join(str(one) for one in reply.data.get("warnings", ()))
            text = f"guard {how}; its reset is covered by {cover}"
            self._said.pop(f"guard-failed-{server}", None)
            if how != "running":
                self._add("guard-started", text + (f"; {warnings}" if warnings else ""), server)
            return
        self._lasting(
            f"guard-failed-{server}", reply.message, reply.message, Severity.ERROR, server
        )

    def guard_says(self, server: ServerName, text: str) -> None:
        """An alarm of a server's guard; said again only after it has said something else."""
        self._lasting(f"guard-alarm-{server}", text, text, Severity.WARNING, server)

    def _role(
        self, server: ServerName, old: Role | None, role: Role, reasons: tuple[Because, ...]
    ) -> None:
        was = f", was {old.value}" if old is not None else ""
        why = f" ({_told(reasons[0])})" if reasons else ""
        text = f"{server} is {role.value}{was}{why}"
        self._add("role-changed", text, server, LOUD.get(role, Severity.INFO))

    def _copy(self, server: ServerName, *, is_trusted: bool) -> None:
        if is_trusted:
            self._add("data-in-sync", f"the data on {server} is whole again", server)
        else:
            text = f"the data on {server} may lack acknowledged writes: it is not promoted"
            self._add("data-out-of-date", text, server, Severity.WARNING)

    def _goal(self, old: Goal | None, new: Goal | None, reasons: tuple[Because, ...]) -> None:
        why = "; ".join(_told(one) for one in reasons)
        if new is not None and (old is None or old.since != new.since):
            severity = Severity.WARNING if new.source is not None else Severity.INFO
            self._add("goal-set", f"{_described(new)}: {why}", new.target, severity)
        elif new is not None and old is not None and new.reign is not None and old.reign is None:
            self._add("order-noted", f"reign {new.reign.epoch} for {new.target}", new.target)
        elif new is None and old is not None:
            self._add("goal-ended", f"{_described(old)}: {why}", old.target)

    def _lasting(
        self,
        what: str,
        key: str,
        text: str,
        severity: Severity = Severity.INFO,
        server: ServerName | None = None,
    ) -> None:
        if self._said.get(what) != key:
            self._said[what] = key
            self._add(what.removesuffix(f"-{server}"), text, server, severity)

    def _add(
        self,
        kind: str,
        text: str,
        server: ServerName | None = None,
        severity: Severity = Severity.INFO,
    ) -> None:
        self.say(
            Event(
                at=self._application.clock.utc(),
                group=self._group,
                kind=kind,
                severity=severity,
                text=text,
                server=server,
            )
        )


def _told(because: Because) -> str:
    age = "" if because.age_s is None else f", {because.age_s:.1f} s old"
    return f"{because.reason.value}: {because.evidence}{age}"


def _described(goal: Goal) -> str:
    whence = f" from {goal.source}" if goal.source is not None else ""
    return f"{goal.kind.value}{whence} to {goal.target}"
