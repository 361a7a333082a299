"""What a step does to a server: a module used, a resource moved; examined when a cut left it open.

Called by `executor.task` and `executor.flow`, whose steps stand in the journal around it. Plans put
`executor.foretell` in its place.
"""

import dataclasses
from collections.abc import Callable, Iterable
from typing import Protocol, assert_never

from orchestrator.clock import Clock
from orchestrator.executor.interlock import as_outcome
from orchestrator.executor.step import ask, outcome_of
from orchestrator.executor.taking import Taking
from orchestrator.model import (
    GroupName,
    NoUndo,
    Outcome,
    Prediction,
    ServerName,
    Status,
    Undo,
    Verdict,
)
from orchestrator.playbooks.module import Call, Module, Wait, failed
from orchestrator.transport import Done, Failed, Reign, Request, Transport, Unreachable

Conclude = Callable[[Done], Outcome]
AsTold = Callable[[Request], Request]
"""With the user and the environment of the task. Raises ValueError where they do not go with it."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """A module with its arguments, and where."""

    module: Module
    call: Call
    server: ServerName
    as_told: AsTold
    title: str
    is_harmless: bool = False
    """The author says that it never changes anything: `changed_when: false`."""


class Actor(Protocol):
    async def do(self, use: Use) -> Outcome: ...

    async def examine(self, use: Use) -> Outcome:
        """Of a step that may have happened already."""
        ...

    async def look(self, server: ServerName, request: Request, conclude: Conclude) -> Outcome:
        """Asks for the state of a resource."""
        ...

    async def move(self, server: ServerName, request: Request, conclude: Conclude) -> Outcome:
        """Starts or stops a resource."""
        ...

    def leave_open(self, server: ServerName, title: str, resources: Iterable[str] = ()) -> None:
        """Whether this step is done is not known: in a plan alone."""
        ...


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Acting:
    """For real: every request that changes something carries the reign."""

    transport: Transport
    reign: Reign
    clock: Clock
    taking: Taking

    async def do(self, use: Use) -> Outcome:
        module = use.module
        try:
            wanted = module.ask(use.call)
            if isinstance(wanted, Outcome):
                return wanted
            if isinstance(wanted, Wait):
                await self.clock.sleep(wanted.seconds)
                return wanted.outcome
            request = use.as_told(wanted)
        except ValueError as error:
            return failed(str(error))
        if module.mutates:
            request = dataclasses.replace(request, reign=self.reign)
        if not self.taking.is_of_group(module.takes(use.call)):
            return await self._ask(use, request)
        async with self.taking.right(use.server) as refusal:
            if refusal is not None:
                return as_outcome(refusal)
            return await self._ask(use, module.taking(request))

    async def _ask(self, use: Use, request: Request) -> Outcome:
        return await ask(self.transport, use.server, request, lambda done: _concluded(use, done))

    async def examine(self, use: Use) -> Outcome:
        """Of a step that may have happened: its check says whether it may be done (again).

        The race it prevents: a payment is made, the controller dies, the run goes on and pays
        again. Only what sees for itself that it is done already is asked for once more.
        """
        if use.module.may_repeat(use.call):
            return await self.do(use)
        found = await predict(use, self.transport, self.reign.group)
        if isinstance(found, Outcome):
            return found
        match found.verdict:
            case Verdict.CHANGE:
                return await self.do(use)
            case Verdict.NOTHING:
                return found_done(await self.do(use))
            case Verdict.UNKNOWN | Verdict.FAIL:
                return Outcome(status=Status.FAILED, message=found.message, result={"kind": "cut"})
            case _:
                assert_never(found.verdict)

    async def look(self, server: ServerName, request: Request, conclude: Conclude) -> Outcome:
        return await ask(self.transport, server, request, conclude)

    async def move(self, server: ServerName, request: Request, conclude: Conclude) -> Outcome:
        ruled = dataclasses.replace(request, reign=self.reign)
        outcome = await ask(self.transport, server, ruled, conclude)
        inverse = _INVERSE.get(request.op)
        if outcome.status is not Status.CHANGED or inverse is None:
            return outcome
        args = {"state": inverse, "resources": [request.args["name"]]}
        return dataclasses.replace(outcome, undo=Undo(module="flow", args=args, server=server))

    def leave_open(self, server: ServerName, title: str, resources: Iterable[str] = ()) -> None:
        """Nothing is open in a run: what a condition needs is there when it is asked."""


async def predict(use: Use, transport: Transport, group: GroupName) -> Prediction | Outcome:
    """What it would do; an Outcome where the server cannot be asked."""
    try:
        asked = use.module.check(use.call)
        if isinstance(asked, Prediction):
            return asked
        request = use.as_told(asked)
    except ValueError as error:
        return Prediction(verdict=Verdict.FAIL, message=str(error))
    if request.op == "check":  # it has no reign that would name the group
        request = dataclasses.replace(request, args={**request.args, "group": group})
    reply = await transport.call(use.server, request)
    match reply:
        case Done():
            return _predicted(use, reply)
        case Failed():
            return Prediction(verdict=Verdict.FAIL, message=reply.message)
        case Unreachable():
            return outcome_of(reply, lambda _: failed(""))
        case _:
            assert_never(reply)


_INVERSE = {"resource.start": "stopped", "resource.stop": "started"}
"""What a flow has to do that takes a move back."""


def _concluded(use: Use, done: Done) -> Outcome:
    outcome = use.module.conclude(use.call, done)
    if outcome.status is not Status.CHANGED:
        return outcome
    undo = use.module.undo(use.call, done)
    if isinstance(undo, Undo):
        undo = dataclasses.replace(undo, server=use.server)
    return dataclasses.replace(outcome, undo=undo)


def _predicted(use: Use, done: Done) -> Prediction:
    try:
        return use.module.predict(use.call, done)
    except (AttributeError, KeyError, TypeError, ValueError) as odd:
        message = f"the answer to its check cannot be read: {type(odd).__name__}: {odd}"
        return Prediction(verdict=Verdict.UNKNOWN, message=message)


def found_done(outcome: Outcome) -> Outcome:
    """Whoever is to hear of a change (a handler, a condition) hears of this one: it may be ours."""
    if outcome.status is not Status.OK:
        return outcome
    said = "it was under way when the controller died, and is done"
    message = f"{outcome.message}; {said}" if outcome.message else said
    undo = NoUndo(reason=f"{said}; what was there before is not known")
    return dataclasses.replace(outcome, status=Status.CHANGED, message=message, undo=undo)
