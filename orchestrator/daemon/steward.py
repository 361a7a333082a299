"""Looks after one group: the ports of its loop over SSH and SQLite, and the loop's clock.

The loop itself is `reconcile.Reconciler`; this file only carries things to it and from it.
"""

import asyncio
import dataclasses
import secrets
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from orchestrator.daemon.conversation import Conversation
from orchestrator.daemon.copy_watch import watch_copies
from orchestrator.daemon.fences import Fences
from orchestrator.daemon.news import Newsroom
from orchestrator.daemon.outbox import Outbox
from orchestrator.daemon.playbook_runs import BY
from orchestrator.daemon.runs import Runs
from orchestrator.daemon.sight import Sight
from orchestrator.daemon.standing import Standing
from orchestrator.daemon.surroundings import Neighbourhood
from orchestrator.daemon.timeline import Timeline
from orchestrator.decision import decide as deciding
from orchestrator.decision import members
from orchestrator.decision import vote as votes
from orchestrator.decision.intents import Because, Fence, Tell, Wish, Work
from orchestrator.executor.run import RunResult
from orchestrator.fencing import FenceOutcome
from orchestrator.model import Group, GroupView, Monotonic, Reason, Refusal, ServerName
from orchestrator.model.guard_report import FenceResult, Surroundings
from orchestrator.model.pairing import Pairing
from orchestrator.model.state import GoalKind, GroupState
from orchestrator.reconcile.reconciler import Reconciler
from orchestrator.runtime.application import Application
from orchestrator.runtime.fencing import event_of, fencer_of, ordered_event
from orchestrator.runtime.order import Caller
from orchestrator.store.state_file import StoreUnusable
from orchestrator.transport import PairTransport, Reply
from remote_helpers.protocol import messages
from remote_helpers.protocol.messages import Status
from remote_helpers.protocol.words import Reign

TURN_S = 0.5
HASTY_TURN_S = 0.05
"""While a goal is pursued: each of its steps waits for an answer that is milliseconds away."""


class Steward:
    def __init__(
        self,
        application: Application,
        group: Group,
        state: GroupState,
        pairing: Pairing,
        transport: PairTransport,
        neighbourhood: Neighbourhood,
    ) -> None:
        self.application = application
        self.group = group
        self.transport = transport
        self.clock = application.clock
        self._neighbourhood = neighbourhood
        self._asking: set[ServerName] = set()
        self._turned = asyncio.Event()
        self._leaving = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._outbox = Outbox(self._save, self.clock, self._not_stored)
        policy = dataclasses.replace(group.policy, covered=pairing.is_covered)
        self.sight = Sight(
            group,
            policy,
            pairing,
            transport,
            self.clock,
            paired=self._paired,
            started=self._guard_started,
        )
        self._conversation = Conversation(
            group.name,
            transport,
            self.clock,
            heard=self._heard,
            missing=self.sight.guard_is_missing,
        )
        self.loop = Reconciler(group, policy, state, self)
        self.standing = Standing(self.loop, self.clock)
        self._timeline = Timeline()
        self.news = Newsroom(application, group.name)
        self.runs = Runs(self)
        self.fences = Fences(
            fencer_of(application, group),
            self.clock,
            done=self._fenced,
            told=self._tell_fencing,
            reigns=self._may_run_on,
        )

    # --- life ---

    async def look_after(self) -> None:
        """Until cancelled."""
        self.loop.begin_term(self.application.controller, secrets.token_hex(6), take_over=False)
        self.loop.change_lease(self.group.timing.lease_s)
        try:
            await self._together()
        finally:
            # What is still under way must not come back to one that has ended, nor wait for it.
            for task in (*self._tasks, *self.runs.under_way()):
                task.cancel()

    async def _together(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._outbox.carry_out(), name="outbox")
            for server in self.group.server_names:
                tasks.create_task(self.sight.watch(server), name=f"watch {server}")
            tasks.create_task(self._take_turns(), name="turns")
            tasks.create_task(self.runs.carry_on(), name="runs")
            tasks.create_task(self.news.tell(), name="news")
            tasks.create_task(watch_copies(self), name="copies")

    def stand_still(self) -> None:
        """Decides nothing more: what is under way to the guards would be taken back."""
        self._leaving = True

    # --- what others ask ---

    @property
    def state(self) -> GroupState:
        return self.loop.state

    def begin(self, wish: Wish) -> None:
        """A goal that a run or a person sets; the next turn pursues it."""
        self.loop.store(deciding.begin(self.state, wish, self.now()))
        self.turn()

    async def force(self, server: ServerName, caller: Caller) -> RunResult | tuple[Refusal, ...]:
        """A person makes this server ACTIVE, whatever else stands in the way."""
        peer = self.group.peer_of(server).name
        asked = Because(reason=Reason.PERSON_ASKED, evidence="a person forced it")
        wish = Wish(kind=GoalKind.FAILOVER, target=server, source=peer, because=asked, forced=True)
        return await self.runs.instead(wish, caller)

    def source_has_stopped(self) -> None:
        """A run has stopped the service on the goal's source: its reign may be ended."""
        goal = self.state.goal
        if goal is not None:
            stopped = dataclasses.replace(goal, source_stopped=True)
            self.loop.store(dataclasses.replace(self.state, goal=stopped))
            self.turn()

    def run_is_done(self) -> None:
        """What a run has started is given its time to settle from now on."""
        told = self._timeline.told(self.now())
        if told is not None:
            self.news.measured(told)
        history = dataclasses.replace(self.state.history, started_at=Monotonic(self.now()))
        self.loop.store(dataclasses.replace(self.state, history=history))

    async def next_turn(self, limit_s: float) -> None:
        """Until something was decided anew, or for so long."""
        turned = self._turned
        waits = asyncio.ensure_future(turned.wait())
        try:
            await asyncio.wait([waits], timeout=limit_s)
        finally:
            waits.cancel()

    async def say(self, server: ServerName, message: Any) -> Reply:
        """To a guard; what it answers goes to the loop too."""
        return await self._conversation.say(server, message)

    def pushed(self, server: ServerName, line: Mapping[str, Any]) -> None:
        """A line that a helper sent by itself: its guard asks for the controller's vote, mostly."""
        if line.get("push") == "copies":
            self.sight.look_again()
        if line.get("push") == "event":
            self.news.guard_says(server, str(line.get("text")))
        question = self._conversation.question_of(line)
        if question is not None and (answer := self.loop.answer(question)) is not None:
            self._spawn(self._conversation.answer(server, answer))

    # --- the loop's turns ---

    def turn(self) -> None:
        if self._leaving:
            return  # the next turn would take back the term without end that was just given
        before = self.state
        decision, facts = self.loop.turn()
        for name, message in members.to_tell(facts, self.state.vote, self.sight.pairing).items():
            self.send(name, message)
        silent = [name for name in facts.names if facts.is_silent(name)]
        source = None if self.state.goal is None else self.state.goal.source
        self._timeline.note(self.state, facts.now, None if source is None else facts.age(source))
        self._neighbourhood.note_silence(self.group.name, silent)
        self.news.compare(before, self.state, decision, acting=bool(self.runs.acting))
        self.runs.consider()
        turned, self._turned = self._turned, asyncio.Event()
        turned.set()

    async def _take_turns(self) -> None:
        while True:
            self.loop.poll()
            self.turn()
            pause = HASTY_TURN_S if self.state.goal is not None else TURN_S
            await self._neighbourhood.sleep(min(pause, self.group.timing.poll_s / 2))

    def _heard(self, server: ServerName, reply: messages.Reply, sent_at: float) -> None:
        if self.loop.replied(server, reply, sent_at):
            self.turn()

    # --- the ports of the loop ---

    def now(self) -> float:
        return self.clock.monotonic()

    def word(self) -> str:
        return secrets.token_hex(6)

    def minute(self) -> int:
        local = self.clock.utc().astimezone()
        return local.hour * 60 + local.minute

    def seen(self, now: float) -> GroupView:
        return self.sight.view(now)

    def around(self) -> Surroundings:
        return self._neighbourhood.around(
            self.group.name, self.loop.policy.brake_window_s, acting=self.runs.acting
        )

    def store(self, state: GroupState) -> None:
        self._outbox.store(state)

    def send(self, server: ServerName, message: Any) -> None:
        """A plain question of how it is follows from nothing that is stored."""
        if isinstance(message, Status):
            self._ask(server, message)
            return
        self._outbox.send(lambda: self._spawn(self._say(server, message)))

    def fence(self, intent: Fence) -> None:
        if self.fences.takes(intent):
            self.news.say(ordered_event(self.application, self.group, intent.server, BY))
            self._outbox.send(lambda: self._spawn(self.fences.carry_out(intent)))

    def work(self, intent: Work) -> None:
        self.runs.want(intent)

    def tell(self, intent: Tell) -> None:
        self.news.alarm(intent)

    # --- the rest ---

    def _ask(self, server: ServerName, message: Status) -> None:
        """One at a time: a server that is slow is not asked again meanwhile."""
        if server not in self._asking:
            self._asking.add(server)
            self._spawn(self._say(server, message), done=lambda: self._asking.discard(server))

    async def _say(self, server: ServerName, message: Any) -> None:
        await self.say(server, message)

    def _spawn(
        self, work: Coroutine[Any, Any, None], done: Callable[[], None] = lambda: None
    ) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)

        def ended(task: asyncio.Task[None]) -> None:
            self._tasks.discard(task)
            done()

        task.add_done_callback(ended)

    async def _save(self, state: GroupState) -> None:
        await self.application.states.save(
            self.group.name, state, self.clock.monotonic(), self.clock.utc()
        )

    def _not_stored(self, unusable: StoreUnusable) -> None:
        self.news.trouble("state-not-stored", unusable.message)

    def _fenced(self, result: FenceResult) -> None:
        self.loop.fenced(result)
        self.turn()

    def _may_run_on(self, server: ServerName) -> tuple[Reign, ...]:
        return tuple(one.reign for one in votes.unproven_on(self.state.vote, server))

    def _tell_fencing(self, outcome: FenceOutcome) -> None:
        self.news.say(event_of(self.application, self.group, outcome, BY))

    def _paired(self, pairing: Pairing) -> None:
        self.loop.policy = dataclasses.replace(self.loop.policy, covered=pairing.is_covered)
        self.transport.reach_through_peer(pairing.ways)
        self._spawn(self.application.states.save_pairing(self.group.name, pairing))

    def _guard_started(self, server: ServerName, reply: Reply) -> None:
        self.news.guard(server, reply)
