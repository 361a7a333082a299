"""One task on one server: `when`, rendering, the module's request, `until`, `register`."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from orchestrator.clock import Clock
from orchestrator.executor.flow import FlowRunner
from orchestrator.executor.scope import Scope, registered
from orchestrator.executor.step import Step, StepRunner, ask
from orchestrator.model import Outcome, ServerName, Status, StepId
from orchestrator.playbooks.model import Block, CompiledTask, Position, Task
from orchestrator.playbooks.module import Module, Wait
from orchestrator.playbooks.modules import MODULES
from orchestrator.playbooks.template import TemplateError, holds, render
from orchestrator.transport import Reign, Request, Transport

DEFAULT_TIMEOUT_S = 300.0
"""A task without `timeout` ends here: nothing in a failover may wait for ever."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TaskRunner:
    scope: Scope
    flows: FlowRunner
    steps: StepRunner
    transport: Transport
    clock: Clock
    reign: Reign

    def condition_of(self, block: Block, server: ServerName) -> Outcome:
        """OK: the block is for this server; SKIPPED: not; FAILED: nobody can tell."""
        try:
            is_meant = holds(block.when, self.scope.of(server, block.variables))
        except TemplateError as error:
            return _broken(block.position, error)
        return Outcome(status=Status.OK if is_meant else Status.SKIPPED)

    async def run(self, node: CompiledTask, server: ServerName) -> Outcome:
        try:
            outcome = await self._repeat(node, server)
        except TemplateError as error:
            outcome = _broken(node.task.position, error)
        if node.task.register is not None:
            self.scope.register(server, node.task.register, outcome)
        facts = outcome.result.get("ansible_facts")
        if isinstance(facts, Mapping):
            self.scope.set_facts(server, facts)
        return outcome

    async def _repeat(self, node: CompiledTask, server: ServerName) -> Outcome:
        until = node.task.until
        outcome = await self._attempt(node, server, 1)
        if until is None or outcome.status in (Status.SKIPPED, Status.UNREACHABLE):
            return outcome
        for attempt in range(2, until.retries + 2):
            if self._is_reached(node.task, server, outcome):
                return outcome
            if not self.steps.is_past(_step_id(node, server, attempt)):
                await self.clock.sleep(until.delay_s)
            outcome = await self._attempt(node, server, attempt)
        if self._is_reached(node.task, server, outcome):
            return outcome
        return dataclasses.replace(
            outcome,
            status=Status.FAILED,
            message=f"not reached in {until.retries + 1} attempts: {outcome.message}",
        )

    def _is_reached(self, task: Task, server: ServerName, outcome: Outcome) -> bool:
        if task.until is None:
            return True
        variables = self.scope.of(server, task.variables)
        if task.register is not None:
            variables[task.register] = registered(outcome)
        return holds(task.until.conditions, variables)

    async def _attempt(self, node: CompiledTask, server: ServerName, attempt: int) -> Outcome:
        module = MODULES[node.task.module]
        step = Step(
            id=_step_id(node, server, attempt),
            title=node.task.name,
            server=server,
            act=lambda: self._act(node.task, module, server),
            if_cut=_unknown_outcome(node.task) if module.mutates else None,
        )
        if node.flow and self._is_wanted(node.task, server):
            return await self.flows.run(node, server)
        return await self.steps.perform(step)

    def _is_wanted(self, task: Task, server: ServerName) -> bool:
        return holds(task.when, self.scope.of(server, task.variables))

    async def _act(self, task: Task, module: Module, server: ServerName) -> Outcome:
        try:
            if not self._is_wanted(task, server):
                return Outcome(status=Status.SKIPPED, message="its condition does not hold")
            variables = self.scope.of(server, task.variables)
            args: Mapping[str, Any] = render(task.args, variables)
        except TemplateError as error:
            return _broken(task.position, error)
        wanted = module.prepare(args, variables, task.timeout_s or DEFAULT_TIMEOUT_S)
        if isinstance(wanted, Outcome):
            return wanted
        if isinstance(wanted, Wait):
            await self.clock.sleep(wanted.seconds)
            return wanted.outcome
        request = self._in_our_name(wanted, module)
        return await ask(self.transport, server, request, lambda done: module.conclude(args, done))

    def _in_our_name(self, request: Request, module: Module) -> Request:
        return dataclasses.replace(request, reign=self.reign) if module.mutates else request


def _step_id(node: CompiledTask, server: ServerName, attempt: int) -> StepId:
    again = f"#{attempt}" if attempt > 1 else ""
    return StepId(f"{node.path}@{server}{again}")


def _broken(position: Position, error: TemplateError) -> Outcome:
    return Outcome(status=Status.FAILED, message=f"{position}: {error}")


def _unknown_outcome(task: Task) -> Outcome:
    return Outcome(
        status=Status.FAILED,
        message=f"{task.position}: the controller died while `{task.name}` was under way; "
        "what it did is not known and it is not repeated blindly",
        result={"kind": "cut"},
    )
