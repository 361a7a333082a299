"""One task on one server: `when`, rendering, the module's request, `until`, `register`.

Loops are in `loop`, what an author says about how a task ended in `judge`.
"""

import dataclasses
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from orchestrator.clock import Clock
from orchestrator.executor import judge
from orchestrator.executor.acting import Actor, Use
from orchestrator.executor.as_told import as_told
from orchestrator.executor.flow import FlowRunner
from orchestrator.executor.foretold import undecided
from orchestrator.executor.scope import Scope, registered
from orchestrator.executor.step import Step, StepRunner
from orchestrator.model import Outcome, ServerName, Status, StepId
from orchestrator.playbooks.arguments import secrets_in
from orchestrator.playbooks.compile import DELEGATES
from orchestrator.playbooks.directives import YesNo
from orchestrator.playbooks.later import DecidedLater
from orchestrator.playbooks.model import CompiledTask, Position, Task
from orchestrator.playbooks.module import Module, failed
from orchestrator.playbooks.modules import MODULES
from orchestrator.playbooks.template import CENSORED, TemplateError, holds, render, render_arguments

How = Callable[[Use], Awaitable[Outcome]]
DEFAULT_TIMEOUT_S = 300.0
"""A task without `timeout` ends here: nothing in a failover may wait for ever."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A task on a server, in one turn of each loop around it."""

    node: CompiledTask
    server: ServerName
    at: str
    """The turns of the loops around it, `[2]` for the third: with the path it names the step."""
    item: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    label: str = ""

    @property
    def task(self) -> Task:
        return self.node.task

    def step_id(self, attempt: int) -> StepId:
        again = f"#{attempt}" if attempt > 1 else ""
        return StepId(f"{self.node.path}{self.at}@{self.server}{again}")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """How tasks act: for real, or by foretelling what they would do."""

    actor: Actor
    flows: FlowRunner


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TaskRunner:
    scope: Scope
    hands: Hands
    foretelling: Hands
    """For tasks with `check_mode: true`; in a plan the same."""
    steps: StepRunner
    clock: Clock
    servers: tuple[ServerName, ...]
    """The run touches no other."""
    shows_diff: bool
    """What a task changes within files is told, where the task does not say otherwise."""

    def condition_of(
        self,
        conditions: tuple[str, ...],
        variables: Mapping[str, Any],
        position: Position,
        server: ServerName,
    ) -> Outcome:
        """OK: the block, file or word is for this server; SKIPPED: not; FAILED: nobody can tell;
        UNDECIDED: that shows when it runs.
        """
        try:
            is_meant = holds(conditions, self.scope.of(server, variables))
        except TemplateError as error:
            return broken(position, error)
        except DecidedLater as later:
            return undecided(later.why)
        return Outcome(status=Status.OK if is_meant else Status.SKIPPED)

    def variables(self, turn: Turn) -> dict[str, Any]:
        return self.scope.of(turn.server, turn.task.variables, turn.item)

    def is_said(self, word: YesNo | None, task: Task, server: ServerName) -> bool:
        """Of `ignore_errors` and the like; who cannot be understood has not said it."""
        if not isinstance(word, str):
            return bool(word)
        try:
            return render(word, self.scope.of(server, task.variables)) is True
        except (TemplateError, DecidedLater):
            return False

    async def repeat(self, turn: Turn) -> Outcome:
        """Once, or as often as `until` wants."""
        try:
            return await self._until(turn)
        except TemplateError as error:
            return broken(turn.task.position, error)

    async def _until(self, turn: Turn) -> Outcome:
        until = turn.task.until
        outcome = await self._attempt(turn, 1)
        if until is None or outcome.status in (Status.SKIPPED, Status.UNREACHABLE):
            return outcome
        if outcome.prediction is not None:
            return outcome  # a plan waits for nothing
        attempt = 1
        while outcome.result.get("kind") != "cut" and not self._is_reached(turn, outcome):
            if attempt > until.retries:
                return dataclasses.replace(
                    outcome,
                    status=Status.FAILED,
                    message=f"not reached in {attempt} attempts: {outcome.message}",
                    result={**outcome.result, "attempts": attempt},
                )
            attempt += 1
            if not self.steps.is_past(turn.step_id(attempt)):
                await self.clock.sleep(until.delay_s)
            outcome = await self._attempt(turn, attempt)
            if outcome.status is Status.UNREACHABLE:
                return outcome
        return dataclasses.replace(outcome, result={**outcome.result, "attempts": attempt})

    def _is_reached(self, turn: Turn, outcome: Outcome) -> bool:
        if "reached" in outcome.result:  # hidden from the journal, which keeps only this
            return outcome.result["reached"] is True
        if turn.task.until is None:
            return True
        if not turn.task.until.conditions:
            return outcome.status is not Status.FAILED
        variables = self.variables(turn)
        if turn.task.register is not None:
            variables[turn.task.register] = registered(outcome)
        return holds(turn.task.until.conditions, variables)

    async def _attempt(self, turn: Turn, attempt: int) -> Outcome:
        if doubt := self.scope.doubt_of(turn.server):
            return await self.left_open(turn, attempt, doubt)
        try:
            return await self._attempted(turn, attempt)
        except DecidedLater as later:
            return await self.left_open(turn, attempt, later.why)

    async def left_open(self, turn: Turn, attempt: int, why: str) -> Outcome:
        """In a plan: whether it is done, or with what, shows when it runs."""
        task, title = turn.task, title_of(turn.task, self.variables(turn))
        if MODULES[task.module].mutates:
            for server in self.servers if task.directives.delegate_to else (turn.server,):
                resources = [step.resource for step in turn.node.flow]
                self._hands(turn).actor.leave_open(server, title, resources)

        async def nothing() -> Outcome:
            return undecided(why)

        step = Step(
            id=turn.step_id(attempt), title=title, server=turn.server, act=nothing, item=turn.label
        )
        return await self.steps.perform(step)

    def _hands(self, turn: Turn) -> Hands:
        is_only_said = self.is_said(turn.task.directives.check_mode, turn.task, turn.server)
        return self.foretelling if is_only_said else self.hands

    async def _attempted(self, turn: Turn, attempt: int) -> Outcome:
        task, variables, hands = turn.task, self.variables(turn), self._hands(turn)
        if turn.node.flow and holds(task.when, variables):
            here = dataclasses.replace(turn.node, path=turn.node.path + turn.at)
            return judge.judged(task, await hands.flows.run(here, turn.server), variables)
        module = MODULES[task.module]
        outcome = await self.steps.perform(
            Step(
                id=turn.step_id(attempt),
                title=title_of(task, variables),
                server=turn.server,
                act=lambda: self._act(turn, module, hands.actor.do),
                examine=lambda: self._act(turn, module, hands.actor.examine),
                is_hidden=bool(task.directives.no_log),
                item=turn.label,
            )
        )
        if CENSORED in outcome.result and task.module == "set_fact":
            # asks nobody: the facts are made once more
            return await self._act(turn, module, hands.actor.do)
        return outcome

    async def _act(self, turn: Turn, module: Module, how: How) -> Outcome:
        task, variables = turn.task, self.variables(turn)
        try:
            if not holds(task.when, variables):
                return Outcome(status=Status.SKIPPED, message="its condition does not hold")
            outcome = judge.judged(task, await self._use(turn, module, how, variables), variables)
            if task.directives.no_log and task.until is not None:
                reached = self._is_reached(turn, outcome)
                return dataclasses.replace(outcome, result={**outcome.result, "reached": reached})
        except TemplateError as error:
            return broken(task.position, error)
        return outcome

    async def _use(
        self, turn: Turn, module: Module, how: How, variables: Mapping[str, Any]
    ) -> Outcome:
        task = turn.task
        args = render_arguments(task.args, variables)
        outcome = await self._used(turn, module, how, args, variables)
        secrets = secrets_in(module.parameters, args)
        return judge.without(secrets, outcome) if secrets else outcome

    async def _used(
        self,
        turn: Turn,
        module: Module,
        how: How,
        args: Mapping[str, Any],
        variables: Mapping[str, Any],
    ) -> Outcome:
        task = turn.task
        try:
            files = self.scope.files_of(task.position.file)
            call = module.call(args, variables, task.timeout_s or DEFAULT_TIMEOUT_S, files)
        except ValueError as error:
            return failed(str(error))
        server = self._where(turn, variables)
        if server not in self.servers:
            return failed(f"'delegate_to': this run may not touch {server!r}")
        outcome = await how(
            Use(
                module=module,
                call=call,
                server=server,
                as_told=lambda request: as_told(request, task, variables),
                title=title_of(task, variables),
                is_harmless=task.changed_when == ("false",),
            )
        )
        if outcome.result.get("kind") == "cut":
            return _cut(task, outcome)
        said = task.directives.diff
        is_shown = self.shows_diff if said is None else self.is_said(said, task, turn.server)
        return outcome if is_shown else dataclasses.replace(outcome, diff=None)

    def _where(self, turn: Turn, variables: Mapping[str, Any]) -> ServerName:
        name = turn.task.directives.delegate_to
        if name is None:
            return turn.server
        found = render(name, variables)
        return ServerName(str(variables[found] if found in DELEGATES else found))


def title_of(task: Task, variables: Mapping[str, Any]) -> str:
    """The name with its templates rendered, where that can be done and nothing is to be hidden."""
    if task.directives.no_log or "{" not in task.name:
        return task.name
    try:
        return str(render(task.name, variables))
    except (TemplateError, DecidedLater):
        return task.name


def broken(position: Position, error: TemplateError) -> Outcome:
    return Outcome(status=Status.FAILED, message=f"{position}: {error}")


def _cut(task: Task, outcome: Outcome) -> Outcome:
    """With the words that a person needs."""
    seen = f" ({outcome.message})" if outcome.message else ""
    message = (
        f"{task.position}: the controller died while `{task.name}` was under way; "
        f"what it did is not known and it is not repeated blindly{seen}"
    )
    return dataclasses.replace(outcome, message=message)
