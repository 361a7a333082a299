"""Runs on a group, one at a time: those that goals need, and those that people ask for."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from orchestrator.daemon import playbook_runs
from orchestrator.daemon.ground import LOOK_S, StewardGround
from orchestrator.decision.intents import ConnectCopies, Wish, Work
from orchestrator.errors import Busy, HasysError
from orchestrator.executor.run import RunResult
from orchestrator.model import Event, Monotonic, Refusal, ServerName, Severity
from orchestrator.model.state import GoalKind, NotedReign
from orchestrator.runtime.operate import carry_out, resume
from orchestrator.runtime.order import UNFOLLOWED, Caller, Order, Stoppable
from orchestrator.store.journal import RunRecord, RunState

if TYPE_CHECKING:
    from orchestrator.daemon.steward import Steward

BEGUN_BEFORE = "from before the start"
SEEN_S = 5.0
"""For both servers to be looked at after a run."""
ENDS_S = 0.3
"""For the steps of a run that a failover ends."""
CONNECT_AGAIN_S = 20.0
"""Between two tries to connect the same server's copies."""


class Runs:
    def __init__(self, steward: Steward) -> None:
        self._steward = steward
        self._holder = ""
        self._run: Stoppable | None = None
        self._task: asyncio.Task[object] | None = None
        self._seen_to: Monotonic | None = None
        """`since` of the last goal that a run was begun for, or came up in one."""
        self._wanted: Work | None = None
        self._ended: tuple[str, float] | None = None
        self._connected_at: dict[ServerName, float] = {}
        self._is_new = True
        """What the process before began is not ended or gone on with yet."""
        self._due = asyncio.Event()

    @property
    def acting(self) -> str:
        """What the group is held for; empty: nothing.

        For a moment longer than the run: what it has started was not seen yet, and what is not seen
        would be taken for failed.
        """
        if self._holder or self._ended is None:
            return self._holder or (BEGUN_BEFORE if self._is_new else "")
        name, at = self._ended
        waited = self._steward.now() - at
        if waited > SEEN_S or self._steward.sight.is_newer_than(at):
            self._ended = None
            return ""
        return name

    def under_way(self) -> tuple[asyncio.Task[object], ...]:
        """What would wait for ever for a loop that has ended."""
        return () if self._task is None else (self._task,)

    def want(self, intent: Work) -> None:
        self._wanted = intent
        self._due.set()

    def consider(self) -> None:
        """After each turn: a goal that no run works for is due."""
        goal = self._steward.state.goal
        if goal is None or goal.since == self._seen_to:
            return
        if self._holder and goal.kind is not GoalKind.FAILOVER:
            self._seen_to = goal.since  # it came up in the run that is under way
            return
        self._due.set()

    async def carry_on(self) -> None:
        """Until cancelled."""
        await self._both_known()
        cut = await self._cut_before()
        left = None if cut is not None else self._steward.standing.never_began()
        async with asyncio.TaskGroup() as tasks:
            if cut is not None:
                tasks.create_task(self._go_on_with(cut))
            elif left is not None:
                tasks.create_task(self._begin_at_last(left))
            else:
                self._is_new = False
            while True:
                await self._due.wait()
                self._due.clear()
                order = await self._next()
                if order is not None:
                    tasks.create_task(self._by_itself(order))

    async def _next(self) -> Order | None:
        goal, wanted = self._steward.state.goal, self._wanted
        self._wanted = None
        if goal is not None and goal.since != self._seen_to:
            self._seen_to = goal.since
            await self._preempt()
            return playbook_runs.for_goal(self._steward, goal)
        if wanted is not None and not self._holder and self._is_due(wanted):
            return playbook_runs.for_intent(self._steward, wanted)
        return None

    def _is_due(self, wanted: Work) -> bool:
        """A copy that cannot be connected is tried now and then, not with every turn."""
        if not isinstance(wanted, ConnectCopies):
            return True
        now = self._steward.now()
        before = self._connected_at.get(wanted.server)
        if before is not None and now - before < CONNECT_AGAIN_S:
            return False
        self._connected_at[wanted.server] = now
        return True

    # --- what a run of a person needs ---

    async def carry_out(self, order: Order, caller: Caller) -> RunResult | tuple[Refusal, ...]:
        """Raises Busy when the group is held, ConfigInvalid when the playbook does not fit."""
        return await carry_out(
            self._steward.application, order, self._kept(caller), ground=self._ground()
        )

    async def instead(self, wish: Wish, caller: Caller) -> RunResult | tuple[Refusal, ...]:
        """A goal that ends whatever run is under way, and is followed by its own."""
        await self._preempt()
        self._steward.begin(wish)
        goal = self._steward.state.goal
        if goal is None:
            raise Busy(f"the {wish.kind.value} was given up at once", hint="hasys explain says why")
        self._seen_to = goal.since
        return await self.carry_out(playbook_runs.for_goal(self._steward, goal), caller)

    async def resume(
        self, run_id: str, caller: Caller, accepted: str = ""
    ) -> RunResult | tuple[Refusal, ...]:
        """Raises Busy, and UsageError when there is nothing to go on with."""
        application, kept = self._steward.application, self._kept(caller)
        return await resume(application, run_id, kept, accepted, ground=self._ground())

    def _ground(self) -> StewardGround:
        return StewardGround(self._steward, self.held)

    def _kept(self, caller: Caller) -> Caller:
        def keep(run: Stoppable) -> None:
            self._run = run
            caller.may_stop(run)

        return Caller(report=caller.report, may_stop=keep)

    @contextmanager
    def held(self, purpose: str) -> Iterator[None]:
        if self._holder:
            raise Busy(
                f"group {self._steward.group.name} is held for {self._holder}",
                hint="wait for it to end; `hasys events` shows what it does",
            )
        self._holder = purpose
        self._task = asyncio.current_task()
        try:
            yield
        finally:
            self._ended = (purpose, self._steward.now())
            self._holder, self._run, self._task = "", None, None
            self._steward.sight.look_again()

    # --- what the loop wants ---

    async def _by_itself(self, order: Order) -> None:
        try:
            result = await self.carry_out(order, UNFOLLOWED)
        except Busy:
            self._seen_to = None  # somebody else's run came first; looked at again each turn
            return
        except HasysError as error:
            await self._tell("run-not-begun", f"{order.playbook.name}: {error.message}")
            return
        if isinstance(result, tuple):
            shown = "; ".join(f"{one.reason.value}: {one.evidence}" for one in result)
            await self._tell("run-not-begun", f"{order.playbook.name}: {shown}")
        elif result.state is RunState.DONE:
            self._steward.run_is_done()

    async def _preempt(self) -> None:
        """A server that is lost does not wait for the run that it was lost in.

        What that run has under way on the other server ends first: its epoch is raised there.
        """
        task, run = self._task, self._run
        if task is None:
            return
        if run is not None:
            run.stop()
        await asyncio.wait([task], timeout=ENDS_S)
        task.cancel()
        await asyncio.wait([task], timeout=ENDS_S)
        await self._abandon("a failover went ahead")

    async def _both_known(self) -> None:
        """Before anything is done that the process before began: a server that was not heard yet
        is not lost, and what it was not registered with anew it refuses.
        """
        steward = self._steward
        until = steward.now() + LOOK_S
        while steward.now() < until and not steward.standing.is_known():
            await steward.next_turn(ENDS_S)

    async def _cut_before(self) -> RunRecord | None:
        """What the process before left and is to be gone on with."""
        record = await self._unfinished()
        goal = self._steward.state.goal
        if record is not None and goal is not None:
            if goal.kind is GoalKind.FAILOVER:
                await self._abandon("a failover goes ahead")
                return None
            self._seen_to = goal.since  # it came up in this run
        return record

    async def _go_on_with(self, record: RunRecord) -> None:
        """The run goes on where it was cut."""
        refused: str = ""
        try:
            result = await self.resume(record.id, UNFOLLOWED)
            if isinstance(result, tuple):
                refused = "; ".join(one.evidence for one in result)
        except HasysError as error:
            refused = error.message
        finally:
            self._is_new = False
        if refused:
            await self._abandon(f"it could not go on: {refused}")
            self._seen_to = None

    async def _begin_at_last(self, left: NotedReign) -> None:
        try:
            await self._by_itself(playbook_runs.for_reign(self._steward, left))
        finally:
            self._is_new = False

    async def _unfinished(self) -> RunRecord | None:
        return await self._steward.application.journal.unfinished(self._steward.group.name)

    async def _abandon(self, why: str) -> None:
        application, record = self._steward.application, await self._unfinished()
        if record is not None:
            await application.journal.mark(
                record.id, RunState.ABANDONED, application.clock.utc(), why
            )
            await self._tell("run-abandoned", f"run {record.id} ({record.playbook}): {why}")

    async def _tell(self, kind: str, text: str) -> None:
        application = self._steward.application
        await application.publisher.publish(
            Event(
                at=application.clock.utc(),
                group=self._steward.group.name,
                kind=kind,
                severity=Severity.WARNING,
                text=text,
            )
        )
