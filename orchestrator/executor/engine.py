"""Walks the plays, blocks and tasks of a program, each server in step with the other.

A server that failed takes no part in the rest of its play; `rescue` is for servers that failed or
could not be reached; a play that ends with a failure that nobody rescued ends the run.
"""

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import assert_never

from orchestrator.executor.aftermath import Aftermath, described, fatal, place_of
from orchestrator.executor.foretold import undecided
from orchestrator.executor.handlers import PlayState
from orchestrator.executor.include import Inclusion, inclusions
from orchestrator.executor.loop import run_task
from orchestrator.executor.progress import (
    PlayStarted,
    Report,
    Rescued,
    TaskEnded,
    TaskStarted,
)
from orchestrator.executor.scope import PlayNow, Scope
from orchestrator.executor.task import TaskRunner, title_of
from orchestrator.model import Outcome, ServerName, Status
from orchestrator.playbooks.later import DecidedLater
from orchestrator.playbooks.model import (
    Block,
    CompiledBlock,
    CompiledInclude,
    CompiledMeta,
    CompiledNode,
    CompiledPlay,
    CompiledTask,
    Include,
    Meta,
    MetaAction,
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
    aftermath: Aftermath
    who: WhoIsMeant
    report: Report

    async def walk(self, program: Program) -> Failures:
        """What nobody rescued, by server; empty: the run reached its end."""
        for number, play in enumerate(program.plays, start=1):
            try:
                servers = await self.who(number, play)
            except DecidedLater as later:
                self.report(PlayStarted(name=play.play.name, servers=self.tasks.servers))
                self._leave_open(str(number), play.play.name, self.tasks.servers, later.why)
                continue
            self.report(PlayStarted(name=play.play.name, servers=servers))
            with self.scope.within(play.play.variables):
                failures = await self._play(PlayState(play=play, servers=servers))
            if failures:
                return failures
        return {}

    def _leave_open(self, path: str, name: str, servers: Servers, why: str) -> None:
        """In a plan: who the play is for, or which tasks are included, shows later."""
        hands = self.tasks.hands
        for server in servers:
            hands.actor.leave_open(server, name, hands.flows.group.resources)
            hands.actor.leave_open(server, name)
            self.report(
                TaskEnded(
                    path=path, name=name, server=server, outcome=undecided(why), is_ignored=False
                )
            )

    async def _play(self, state: PlayState) -> Failures:
        failures: dict[ServerName, Outcome] = {}
        for node in state.play.tasks:
            left = [one for one in state.servers if one not in {*failures, *state.ended}]
            name = state.play.play.name
            self.scope.set_play(PlayNow(name=name, servers=state.servers, left=left))
            failures.update(await self._nodes([node], left, state, ""))
        told = [
            server
            for server in state.servers
            if server not in failures
            or (
                state.play.play.force_handlers and failures[server].status is not Status.UNREACHABLE
            )
        ]
        for server, outcome in (await self._flush(told, state)).items():
            failures.setdefault(server, outcome)
        return failures

    async def _nodes(
        self, nodes: Sequence[CompiledNode], servers: Servers, state: PlayState, at: str
    ) -> Failures:
        failures: dict[ServerName, Outcome] = {}
        for node in nodes:
            left = [one for one in servers if one not in failures and one not in state.ended]
            if not left:
                break
            with self.scope.doubting(state.doubts):
                failures.update(await self._node(node, left, state, at))
        return failures

    async def _node(
        self, node: CompiledNode, servers: Servers, state: PlayState, at: str
    ) -> Failures:
        match node:
            case CompiledTask():
                return await self._task(node, servers, state, at)
            case CompiledBlock():
                return await self._block(node, servers, state, at)
            case CompiledInclude():
                return await self._include(node, servers, state, at)
            case CompiledMeta():
                return await self._meta(node, servers, state)
            case _:
                assert_never(node)

    async def _task(
        self, node: CompiledTask, servers: Servers, state: PlayState, at: str
    ) -> Failures:
        task = node.task
        name = title_of(task, self.scope.of(servers[0], task.variables))
        self.report(TaskStarted(path=f"{node.path}{at}", name=name, place=place_of(task)))
        doing = servers[:1] if task.directives.run_once else servers
        ended = await _all_ended([run_task(self.tasks, node, server, at) for server in doing])
        outcomes = dict(zip(doing, ended, strict=True))
        if task.directives.run_once:
            self.aftermath.share(task, servers, outcomes)
        failures: dict[ServerName, Outcome] = {}
        for server, outcome in outcomes.items():
            is_ignored = self.aftermath.is_ignored(task, server, outcome)
            self.aftermath.note(node, server, outcome, state)
            if not outcome.status.is_good and not is_ignored:
                failures[server] = outcome
            if server in doing:
                self.report(
                    TaskEnded(
                        path=f"{node.path}{at}",
                        name=task.name,
                        server=server,
                        outcome=outcome,
                        is_ignored=is_ignored,
                    )
                )
        if failures and task.directives.any_errors_fatal:
            failures = {**fatal(servers, failures), **failures}
        for server, outcome in failures.items():
            self.scope.note_failure(server, outcome, described(task))
        return failures

    async def _block(
        self, node: CompiledBlock, servers: Servers, state: PlayState, at: str
    ) -> Failures:
        block = node.block
        meant, broken, doubtful = self._meant(servers, block.when, block)
        for server, outcome in broken.items():
            self.scope.note_failure(server, outcome, {"name": block.name, "action": "block"})
        with self.scope.within(block.variables), self.scope.doubting(doubtful):
            failures = {**broken, **await self._nodes(node.tasks, meant, state, at)}
            if failures and node.rescue:
                hurt = list(failures)
                failures = dict(await self._nodes(node.rescue, hurt, state, at))
                for server in hurt:
                    if server not in failures:
                        self.report(Rescued(path=f"{node.path}{at}", server=server))
            failures.update(await self._nodes(node.always, meant, state, at))
        return failures

    def _meant(
        self, servers: Servers, when: tuple[str, ...], node: Block | Include | Meta
    ) -> tuple[list[ServerName], dict[ServerName, Outcome], dict[ServerName, str]]:
        """For whom the condition holds or may hold; for whom nobody can tell; of whom a plan
        cannot tell yet, and why.
        """
        found = {
            server: self.tasks.condition_of(when, node.variables, node.position, server)
            for server in servers
        }
        meant = [one for one in servers if found[one].status in (Status.OK, Status.UNDECIDED)]
        broken = {name: one for name, one in found.items() if one.status is Status.FAILED}
        doubtful = {n: one.message for n, one in found.items() if one.status is Status.UNDECIDED}
        return meant, broken, doubtful

    async def _include(
        self, node: CompiledInclude, servers: Servers, state: PlayState, at: str
    ) -> Failures:
        include = node.include
        path, place = f"{node.path}{at}", place_of(include)
        self.report(TaskStarted(path=path, name=include.name, place=place))
        when = include.when if not include.loop else ()
        meant, failures, doubtful = self._meant(servers, when, include)
        found: list[Inclusion] = []
        for server in meant:
            chosen = inclusions(self.tasks, node, server)
            if isinstance(chosen, Outcome) and chosen.status is Status.UNDECIDED:
                self._leave_open(path, include.name, [server], chosen.message)
            elif isinstance(chosen, Outcome):
                failures[server] = chosen
                self.scope.note_failure(server, chosen, {"name": include.name})
            else:
                found += chosen
        for number, file in dict.fromkeys((one.number, one.file) for one in found):
            group = {
                one.server: one.variables
                for one in found
                if (one.number, one.file) == (number, file) and one.server not in failures
            }
            turn = f"{at}[{number}]" if include.loop is not None else at
            with self.scope.handing(group), self.scope.doubting(doubtful):
                nodes = node.files[file]
                failures.update(await self._nodes(nodes, list(group), state, turn))
        return failures

    async def _meta(self, node: CompiledMeta, servers: Servers, state: PlayState) -> Failures:
        meta = node.meta
        meant, broken, doubtful = self._meant(servers, meta.when, meta)
        sure = [one for one in meant if one not in doubtful]
        match meta.action:
            case MetaAction.FLUSH_HANDLERS:
                with self.scope.doubting(doubtful):
                    return {**broken, **await self._flush(meant, state)}
            case MetaAction.END_PLAY:
                if servers[0] in sure:
                    state.ended.update(state.servers)
                elif servers[0] in doubtful:
                    state.doubts.update(dict.fromkeys(state.servers, doubtful[servers[0]]))
            case MetaAction.END_HOST:
                state.ended.update(sure)
                state.doubts.update(doubtful)
            case MetaAction.NOOP:
                pass
        return broken

    async def _flush(self, servers: Servers, state: PlayState) -> Failures:
        """Runs what was notified; a handler may notify others, before and behind it."""
        failures: dict[ServerName, Outcome] = {}
        for _ in range(len(state.play.handlers) + 1):
            for node in state.play.handlers:
                left = [one for one in servers if one not in failures and one not in state.ended]
                if told := state.take(node, left):
                    turn = state.next_turn(node)
                    with self.scope.doubting(state.doubtful(node, told)):
                        failures.update(await self._task(node, told, state, turn))
            if not state.is_waiting(servers):
                break
        return failures


async def _all_ended(runs: Sequence[Coroutine[None, None, Outcome]]) -> list[Outcome]:
    """As gather, but when one raises (the run is stopped) the other still comes to its end."""
    ended = await asyncio.gather(*runs, return_exceptions=True)
    for one in ended:
        if isinstance(one, BaseException):
            raise one
    return [one for one in ended if isinstance(one, Outcome)]
