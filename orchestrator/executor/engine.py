"""Walks the plays, blocks and tasks of a program, each server in step with the other.

A server that failed takes no part in the rest of its play; `rescue` is for servers that failed or
could not be reached; a play that ends with a failure that nobody rescued ends the run.
"""

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence

from orchestrator.executor.progress import PlayStarted, Report, TaskStarted
from orchestrator.executor.scope import Scope
from orchestrator.executor.task import TaskRunner
from orchestrator.model import Outcome, ServerName, Status
from orchestrator.playbooks.model import (
    CompiledBlock,
    CompiledPlay,
    CompiledTask,
    Program,
)

Failures = Mapping[ServerName, Outcome]
Servers = Sequence[ServerName]
WhoIsMeant = Callable[[int, CompiledPlay], Awaitable[tuple[ServerName, ...]]]
"""The servers of the n-th play; ACTIVE and STANDBY are looked at anew when it begins."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    tasks: TaskRunner
    scope: Scope
    who: WhoIsMeant
    report: Report

    async def walk(self, program: Program) -> Failures:
        """What nobody rescued, by server; empty: the run reached its end."""
        for number, play in enumerate(program.plays, start=1):
            servers = await self.who(number, play)
            self.report(PlayStarted(name=play.play.name, servers=servers))
            with self.scope.within(play.play.variables):
                failures = await self._nodes(play.tasks, servers)
            if failures:
                return failures
        return {}

    async def _nodes(
        self, nodes: Sequence[CompiledTask | CompiledBlock], servers: Servers
    ) -> Failures:
        failures: dict[ServerName, Outcome] = {}
        for node in nodes:
            left = [server for server in servers if server not in failures]
            if not left:
                break
            run = self._task if isinstance(node, CompiledTask) else self._block
            failures.update(await run(node, left))  # type: ignore[arg-type]
        return failures

    async def _task(self, node: CompiledTask, servers: Servers) -> Failures:
        self.report(TaskStarted(path=node.path, name=node.task.name))
        outcomes = await _all_ended([self.tasks.run(node, server) for server in servers])
        return {
            server: outcome
            for server, outcome in zip(servers, outcomes, strict=True)
            if not outcome.status.is_good
        }

    async def _block(self, node: CompiledBlock, servers: Servers) -> Failures:
        conditions = {server: self.tasks.condition_of(node.block, server) for server in servers}
        meant = [server for server in servers if conditions[server].status is Status.OK]
        broken = {
            server: condition
            for server, condition in conditions.items()
            if condition.status is Status.FAILED
        }
        with self.scope.within(node.block.variables):
            failures = {**broken, **await self._nodes(node.tasks, meant)}
            if failures and node.rescue:
                for server, outcome in failures.items():
                    self.scope.note_failure(server, outcome)
                failures = dict(await self._nodes(node.rescue, list(failures)))
            failures.update(await self._nodes(node.always, meant))
        return failures


async def _all_ended(runs: Sequence[Coroutine[None, None, Outcome]]) -> list[Outcome]:
    """As gather, but when one raises (the run is stopped) the other still comes to its end."""
    ended = await asyncio.gather(*runs, return_exceptions=True)
    for one in ended:
        if isinstance(one, BaseException):
            raise one
    return [one for one in ended if isinstance(one, Outcome)]
