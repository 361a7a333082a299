"""What each step of a plan would do, in the place of doing it.

Holds no reign and a transport that can only ask: it could not change a server if it wanted to.
A prediction is a module's word on the server as it is now; what earlier steps of the plan would
change is taken into account here, and where nobody can tell, that is what the plan says.
"""

import dataclasses
import posixpath
from collections.abc import Iterable

from orchestrator.executor.acting import Actor, Conclude, Use, predict
from orchestrator.executor.foreseen import WANTED, Foreseen
from orchestrator.executor.foretold import as_outcome, undecided
from orchestrator.executor.step import ask, outcome_of
from orchestrator.model import GroupName, Outcome, Prediction, ServerName, Status, Verdict
from orchestrator.playbooks.later import DecidedLater
from orchestrator.playbooks.module import check_of, failed, said_by_twin
from orchestrator.transport import Done, Request


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Earlier:
    title: str
    touches: frozenset[str] | None
    """None: nobody can tell."""


class Foreteller:
    """Implements `Actor`. `as_then`: the servers with what was foretold so far."""

    def __init__(self, as_then: Foreseen, group: GroupName) -> None:
        self._as_then = as_then
        self._group = group
        self._earlier: dict[ServerName, list[_Earlier]] = {}

    async def do(self, use: Use) -> Outcome:
        found = await predict(use, self._as_then, self._group)
        if isinstance(found, Outcome):
            return found
        if found.verdict is Verdict.CHANGE and (switched_off := use.module.ends(use.call)):
            self._as_then.note_off(switched_off)
        touches = frozenset[str]() if use.is_harmless else use.module.touches(use.call)
        found = self._reconsidered(use.server, found, touches)
        may_change = found.verdict in (Verdict.CHANGE, Verdict.UNKNOWN) and use.module.mutates
        if may_change and touches != frozenset():
            self._note(use.server, use.title, touches)
        return as_outcome(found)

    async def examine(self, use: Use) -> Outcome:
        return await self.do(use)

    async def look(self, server: ServerName, request: Request, conclude: Conclude) -> Outcome:
        name = request.args["name"]
        try:
            outcome = await ask(self._as_then, server, request, conclude)
        except DecidedLater as later:
            return undecided(later.why)
        if outcome.status is Status.UNREACHABLE:
            return outcome
        verdict = Verdict.NOTHING if outcome.status.is_good else Verdict.FAIL
        found = Prediction(verdict=verdict, message=outcome.message, result=outcome.result)
        touches = frozenset({f"resource:{name}"})
        return as_outcome(self._assuming(server, found, touches))

    async def move(self, server: ServerName, request: Request, conclude: Conclude) -> Outcome:
        del conclude
        wanted = WANTED.get(request.op)
        name, verb = _name_of(request), request.op.rpartition(".")[2]
        question = check_of(request)
        question = dataclasses.replace(question, args={**question.args, "group": self._group})
        try:
            reply = await self._as_then.call(server, question)
        except DecidedLater as later:
            return undecided(later.why)
        if not isinstance(reply, Done):
            return outcome_of(reply, lambda _: failed(""))
        found = said_by_twin(reply)
        title = f"{verb} {name}"
        touches = frozenset({f"resource:{name}", *_known_as(request)})
        found = self._unless_touched(server, found, _known_as(request))
        if found.verdict is Verdict.FAIL and self._earlier.get(server):
            last = self._earlier[server][-1].title
            message = f"as it is now it would fail: {found.message}; but `{last}` comes before it"
            found = Prediction(verdict=Verdict.UNKNOWN, message=message)
        found = self._assuming(server, found, touches)
        if wanted is not None:
            self._note_state(server, title, name, wanted, found.verdict)
        if found.verdict is not Verdict.NOTHING:
            self._note(server, title, touches)
        return as_outcome(found)

    def leave_open(self, server: ServerName, title: str, resources: Iterable[str] = ()) -> None:
        names = tuple(resources)
        for name in names:
            self._as_then.leave_open(server, name, f"whether `{title}` is done shows when it runs")
        touches = frozenset(f"resource:{name}" for name in names) if names else None
        self._note(server, title, touches)

    def _note_state(
        self, server: ServerName, title: str, name: str, wanted: str, verdict: Verdict
    ) -> None:
        if verdict in (Verdict.UNKNOWN, Verdict.FAIL):
            self._as_then.leave_open(server, name, f"how `{title}` ends shows when it runs")
        elif verdict is Verdict.CHANGE:
            self._as_then.note(server, name, wanted)

    def _note(self, server: ServerName, title: str, touches: frozenset[str] | None) -> None:
        self._earlier.setdefault(server, []).append(_Earlier(title=title, touches=touches))

    def _reconsidered(
        self, server: ServerName, found: Prediction, touches: frozenset[str] | None
    ) -> Prediction:
        """The word of a check on the server as it is now, where earlier steps would change it."""
        if found.verdict is Verdict.UNKNOWN or not self._earlier.get(server):
            return found
        for earlier in self._earlier[server]:
            if _overlap(earlier.touches, touches):
                message = f"as it is now: {found.verdict.value}"
                message += f" ({found.message})" if found.message else ""
                message += f"; but `{earlier.title}` comes before it"
                return Prediction(verdict=Verdict.UNKNOWN, message=message, diff=found.diff)
        return self._assuming(server, found, touches)

    def _unless_touched(
        self, server: ServerName, found: Prediction, labels: frozenset[str]
    ) -> Prediction:
        """Of a resource that a module, and no flow, would change before: by another name."""
        for earlier in self._earlier.get(server, ()):
            others = earlier.touches or frozenset()
            if others & labels and not any(one.startswith("resource:") for one in others):
                message = f"as it is now: {found.verdict.value}; but `{earlier.title}` comes before"
                return Prediction(verdict=Verdict.UNKNOWN, message=message)
        return found

    def _assuming(
        self, server: ServerName, found: Prediction, touches: frozenset[str] | None
    ) -> Prediction:
        if found.verdict is Verdict.UNKNOWN or touches == frozenset():
            return found
        assumes = tuple(
            earlier.title
            for earlier in self._earlier.get(server, ())
            if earlier.touches is None or touches is None
        )
        if assumes and found.verdict is Verdict.FAIL:
            message = f"as it is now it would fail: {found.message}; but `{assumes[-1]}` comes "
            return Prediction(verdict=Verdict.UNKNOWN, message=f"{message}before it")
        return dataclasses.replace(found, assumes=assumes)


def _name_of(request: Request) -> str:
    """Of a resource; a copy of data is known by DRBD's own name."""
    return str(request.args.get("name") or request.args.get("resource", ""))


def _known_as(request: Request) -> frozenset[str]:
    """What modules call the same thing: its address, its mount point, its unit."""
    spec = request.args.get("spec") or {}
    match request.args.get("type"):
        case "ip":
            return frozenset({f"address:{str(spec['interface']).partition('/')[0]}"})
        case "mount":
            return frozenset({f"path:{spec['path']}"})
        case "systemd":
            unit = str(spec["unit"])
            return frozenset({f"unit:{unit if '.' in unit else unit + '.service'}"})
        case _:
            return frozenset()


class OnlySaid:
    """For a task with `check_mode: true` in a run: an `Actor` whose word is the task's outcome.

    As in Ansible, what nobody can tell counts as skipped: the run has to go on.
    """

    def __init__(self, actor: Actor) -> None:
        self._actor = actor

    async def do(self, use: Use) -> Outcome:
        return _only_said(await self._actor.do(use))

    async def examine(self, use: Use) -> Outcome:
        return await self.do(use)

    async def look(self, server: ServerName, request: Request, conclude: Conclude) -> Outcome:
        return _only_said(await self._actor.look(server, request, conclude))

    async def move(self, server: ServerName, request: Request, conclude: Conclude) -> Outcome:
        return _only_said(await self._actor.move(server, request, conclude))

    def leave_open(self, server: ServerName, title: str, resources: Iterable[str] = ()) -> None:
        self._actor.leave_open(server, title, resources)


def _only_said(outcome: Outcome) -> Outcome:
    status = Status.SKIPPED if outcome.status is Status.UNDECIDED else outcome.status
    message = f"only foretold, not done: {outcome.message}".removesuffix(": ")
    return dataclasses.replace(outcome, status=status, message=message, prediction=None)


def _overlap(one: frozenset[str] | None, other: frozenset[str] | None) -> bool:
    if one is None or other is None:
        return False  # nobody can tell: that is an assumption, said as such
    return any(_is_within(a, b) or _is_within(b, a) for a in one for b in other)


def _is_within(inner: str, outer: str) -> bool:
    """The same thing, or a path below the other."""
    if inner == outer:
        return True
    kind, _, path = outer.partition(":")
    if kind != "path" or not inner.startswith("path:"):
        return False
    return inner.removeprefix("path:").startswith(posixpath.join(path, ""))
