"""Starts, stops or checks the resources of a flow on one server, each as soon as its turn comes.

A step begins when all it needs have ended well; independent branches run side by side. After a
failure nothing further begins, and what runs is waited for.
"""

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable, Iterable, Mapping

from orchestrator.executor.acting import Actor, found_done
from orchestrator.executor.authority import Authority
from orchestrator.executor.copies import CopyKeeper
from orchestrator.executor.foretold import summed
from orchestrator.executor.interlock import as_outcome
from orchestrator.executor.step import Step, StepRunner
from orchestrator.model import (
    DrbdSpec,
    Group,
    Outcome,
    Refusal,
    Resource,
    ResourceName,
    ServerName,
    Status,
    StepId,
)
from orchestrator.playbooks.model import CompiledTask, FlowAction, FlowStep
from orchestrator.transport import Done, Request
from orchestrator.transport.encode import resource_to_json

Ask = Callable[[ServerName], Awaitable[Refusal | None]]
CHECK_DEADLINE_S = 20.0
"""An orderly run can wait this long for a check; the poll has its own, shorter one."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FlowRunner:
    group: Group
    actor: Actor
    authority: Authority
    steps: StepRunner
    copies: CopyKeeper
    starting: asyncio.Lock = dataclasses.field(default_factory=asyncio.Lock)
    """Held from the look at the peer to the end of the start. The race it prevents: a play for both
    servers looks at each while neither has begun, and starts the service twice."""

    async def run(self, task: CompiledTask, server: ServerName) -> Outcome:
        """One outcome for the whole flow on this server; the single ones are in the journal."""
        if self._may_do_something(FlowAction.START, task, server):
            async with self.starting:
                refused = await self._refused(task, server, self.authority.may_start)
                if refused is None and self._promotes(task):
                    allows = self.copies.at(task.path).data_allows
                    refused = await self._refused(task, server, allows)
                return refused or await self._walk(task, server)
        refused = None
        if self._may_do_something(FlowAction.STOP, task, server):
            refused = await self._refused(task, server, self.authority.may_stop)
        outcome = refused or await self._walk(task, server)
        if outcome.status.is_good and self._ends_a_reign(task, server):
            return await self._end_reign(task, server, outcome)
        return outcome

    def _may_do_something(self, action: FlowAction, task: CompiledTask, server: ServerName) -> bool:
        """What has ended is not done again: a resumed run has nothing to ask for."""
        return any(
            step.action is action
            and not self.steps.has_ended(_step_id(task, step.resource, server))
            for step in task.flow
        )

    def _promotes(self, task: CompiledTask) -> bool:
        """A start of what stands on data that runs already does not ask again."""
        return any(
            isinstance(self.group.resources[step.resource].spec, DrbdSpec) for step in task.flow
        )

    def _ends_a_reign(self, task: CompiledTask, server: ServerName) -> bool:
        stopped = {step.resource for step in task.flow if step.action is FlowAction.STOP}
        return stopped >= self.group.resources.keys() and self.authority.gate(server) is not None

    async def _end_reign(self, task: CompiledTask, server: ServerName, stopped: Outcome) -> Outcome:
        """A step of its own: a resumed run that went back since must not end the new reign."""

        async def end() -> Outcome:
            refusal = await self.authority.has_stopped(server, task.path)
            return Outcome(status=Status.OK) if refusal is None else as_outcome(refusal)

        step = Step(
            id=StepId(f"{task.path}:reign@{server}"), title="end the reign", server=server, act=end
        )
        ended = await self.steps.perform(step)
        return stopped if ended.status.is_good else ended

    async def _refused(self, task: CompiledTask, server: ServerName, ask: Ask) -> Outcome | None:
        """Journaled only when it is a refusal: resumed, the run takes the same way past it.

        That nothing stands in the way is asked anew by each process that starts something.
        """
        step_id = StepId(f"{task.path}:{ask.__name__}@{server}")
        outcome = Outcome(status=Status.FAILED)
        if not self.steps.has_ended(step_id):
            refusal = await ask(server)
            if refusal is None:
                return None
            outcome = as_outcome(refusal)

        async def refuse() -> Outcome:
            return outcome

        title = "have the right to do it"
        step = Step(id=step_id, title=title, server=server, act=refuse)
        return await self.steps.perform(step)

    async def _walk(self, task: CompiledTask, server: ServerName) -> Outcome:
        waiting = {step.resource: step for step in task.flow}
        running: dict[asyncio.Task[Outcome], FlowStep] = {}
        outcomes: dict[ResourceName, Outcome] = {}
        try:
            while True:
                for step in _ready(waiting, running.values(), outcomes):
                    del waiting[step.resource]
                    running[asyncio.create_task(self._perform(task, step, server))] = step
                if not running:
                    return summed(_summary(outcomes, waiting), outcomes.values())
                done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for ended in done:
                    outcomes[running.pop(ended).resource] = ended.result()
        except asyncio.CancelledError:
            for task_under_way in running:
                task_under_way.cancel()
            raise
        finally:
            # Not empty only when the run is stopped or cannot be journaled: what has begun ends.
            await asyncio.gather(*running, return_exceptions=True)

    async def _perform(self, task: CompiledTask, step: FlowStep, server: ServerName) -> Outcome:
        resource = self.group.resources[step.resource]
        return await self.steps.perform(
            Step(
                id=_step_id(task, step.resource, server),
                title=f"{step.action.value} {step.resource}",
                server=server,
                act=lambda: self._act(step.action, resource, server),
                examine=lambda: self._examine(step.action, resource, server),
            )
        )

    async def _act(self, action: FlowAction, resource: Resource, server: ServerName) -> Outcome:
        arguments = resource_to_json(resource, server)
        if action is FlowAction.CHECK:
            named = {**arguments, "group": self.group.name}
            request = Request(op="resource.check", args=named, deadline_s=CHECK_DEADLINE_S)
            return await self.actor.look(server, request, _checked)
        deadline_s = (
            resource.start_timeout_s if action is FlowAction.START else resource.stop_timeout_s
        )
        request = Request(op=f"resource.{action.value}", args=arguments, deadline_s=deadline_s)
        return await self.actor.move(server, request, _moved)

    async def _examine(self, action: FlowAction, resource: Resource, server: ServerName) -> Outcome:
        """A start and a stop look at the state before they act: they may be asked for again."""
        outcome = await self._act(action, resource, server)
        return outcome if action is FlowAction.CHECK else found_done(outcome)


def _step_id(task: CompiledTask, resource: ResourceName, server: ServerName) -> StepId:
    return StepId(f"{task.path}/{resource}@{server}")


def _ready(
    waiting: Mapping[ResourceName, FlowStep],
    running: Iterable[FlowStep],
    outcomes: Mapping[ResourceName, Outcome],
) -> list[FlowStep]:
    """The steps that may begin now, in the flow's own order."""
    if not all(outcome.status.is_good for outcome in outcomes.values()):
        return []
    in_action = {step.resource for step in running}
    ready: list[FlowStep] = []
    for step in waiting.values():
        if step.needs <= outcomes.keys() and not step.never_with & in_action:
            ready.append(step)
            in_action.add(step.resource)
    return ready


def _moved(done: Done) -> Outcome:
    status = Status.CHANGED if done.data.get("changed") else Status.OK
    return Outcome(status=status, message=str(done.data.get("detail", "")), result=done.data)


def _checked(done: Done) -> Outcome:
    state, detail = done.data.get("state"), done.data.get("detail", "")
    status = Status.OK if state == "started" else Status.FAILED
    return Outcome(status=status, message=f"{state}: {detail}", result=done.data)


def _summary(
    outcomes: Mapping[ResourceName, Outcome], not_reached: Mapping[ResourceName, FlowStep]
) -> Outcome:
    """Unreachable weighs more than failed: then nobody knows what is there."""
    bad = {name: one for name, one in outcomes.items() if not one.status.is_good}
    result = {
        "resources": {name: outcome.status.value for name, outcome in outcomes.items()},
        "not_reached": list(not_reached),
    }
    if bad:
        statuses = {outcome.status for outcome in bad.values()}
        status = Status.UNREACHABLE if Status.UNREACHABLE in statuses else Status.FAILED
        message = "; ".join(f"{name}: {outcome.message}" for name, outcome in bad.items())
        return Outcome(status=status, message=message, result=result)
    changed = any(outcome.status is Status.CHANGED for outcome in outcomes.values())
    return Outcome(status=Status.CHANGED if changed else Status.OK, result=result)
