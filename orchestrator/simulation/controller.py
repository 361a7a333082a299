"""A controller of the simulation: production's loop, with a world for its ports."""

import dataclasses
from collections.abc import Callable
from typing import Any

from orchestrator.decision import vote as votes
from orchestrator.decision.intents import Fence, RestartResource, Tell, Work
from orchestrator.model import Group, GroupView, ServerName
from orchestrator.model.guard_report import Surroundings
from orchestrator.model.state import GoalKind, GroupState, Policy, Vote
from orchestrator.reconcile.reconciler import Reconciler
from orchestrator.simulation import fencing
from orchestrator.simulation.machine import PARTS, Step
from orchestrator.simulation.server import SimServer
from orchestrator.simulation.sight import view_of
from orchestrator.simulation.world import World
from remote_helpers.protocol import holder
from remote_helpers.protocol.messages import Plan, Question, Reply
from remote_helpers.protocol.words import Registration, Reign, question_interval


class Died(Exception):
    """The process was killed right here."""


class SimController:
    """One controller: the ports of a `Reconciler` in a world. What it `stores` survives it."""

    def __init__(
        self, world: World, name: str, group: Group, policy: Policy, servers: dict[str, SimServer]
    ) -> None:
        self.world, self.name, self.group, self.policy = world, name, group, policy
        self.servers = servers
        lease = group.timing.lease_s
        vote = Vote(registration=Registration(0, name, ""), lease_s=lease, lease_max_s=lease)
        self.stored = GroupState(vote=vote)
        self.alive = False
        self.life = 0
        self.rate = 1.0
        self._since = (0.0, 0.0)
        self.waiting: list[tuple[str, Callable[[str], None]]] = []
        self.parts: dict[ServerName, frozenset[str]] = {}
        """What ran on each server, as last heard."""
        self.fencing: set[Reign] = set()
        self.plans: dict[str, float] = {}
        self.dies_after: int | None = None
        """Killed at this many effects from now: between any two of store, send, send, ..."""
        self.lag_until = 0.0
        self.number = 0
        self.loop = Reconciler(group, policy, self.stored, self)
        for server in servers.values():
            server.replies[name] = self.replied
            server.questions[name] = self.asked

    # --- life ---

    def start(self, *, take_over: bool = False) -> None:
        if self.alive:
            return
        self.alive = True
        self.life += 1
        self.parts.clear()
        self.plans.clear()
        self.fencing.clear()
        self.loop = Reconciler(self.group, self.policy, self.stored, self)
        self.dies_after = None
        self.loop.begin_term(self.name, f"{self.name}-i{self.life}", take_over=take_over)
        self.world.note(f"{self.name} starts, term {self.state.vote.registration.term}")
        self.poll(self.life)
        self.world.at(0.05, self.turn, self.life)

    def kill(self) -> None:
        if self.alive:
            self.world.note(f"{self.name} is killed")
        self.alive = False
        self.life += 1
        self.dies_after = None
        self.loop.state = self.stored

    @property
    def state(self) -> GroupState:
        return self.loop.state

    def set_state(self, state: GroupState) -> None:
        """What a person changes; on disk at once."""
        self.stored = self.loop.state = state

    def set_rate(self, rate: float) -> None:
        """The clock goes on from where it is."""
        self._since = (self.world.now, self.now())
        self.rate = rate

    def when(self, phase: str, act: Callable[[str], None]) -> None:
        """Calls `act` once, the next time that this phase is reached."""
        self.waiting.append((phase, act))

    def _effect(self) -> None:
        if self.dies_after is not None:
            self.dies_after -= 1
            if self.dies_after < 0:
                self.kill()
                raise Died

    # --- the ports of the loop ---

    def now(self) -> float:
        at, shown = self._since
        return shown + (self.world.now - at) * self.rate

    def word(self) -> str:
        self.number += 1
        return f"{self.name}{self.life}.{self.number}"

    def minute(self) -> int:
        return 0

    def around(self) -> Surroundings:
        return Surroundings()

    def seen(self, now: float) -> GroupView:
        return view_of(self.group.server_names, self.loop.reports, self.parts, now)

    def store(self, state: GroupState) -> None:
        self._effect()
        before = self._phase_of(self.stored)
        self.stored = state
        if self.waiting and self.phase != before:
            now = [act for phase, act in self.waiting if phase == self.phase]
            self.waiting = [one for one in self.waiting if one[0] != self.phase]
            for act in now:
                act(self.phase)

    def send(self, server: str, message: Any) -> None:
        self._effect()
        there = self.servers[server]
        self.world.send(self.name, server, there.ask, self.name, message, self.now(), stalls=True)

    def fence(self, intent: Fence) -> None:
        self._effect()
        fencing.order(self, intent)

    def work(self, intent: Work) -> None:
        """A part that has failed is started again; what a server holds its guard takes down."""
        if isinstance(intent, RestartResource):
            self.plans.pop(intent.server, None)

    def tell(self, intent: Tell) -> None:
        """Nobody listens here."""

    # --- what it is told ---

    def replied(self, server: str, reply: Reply, sent_at: float, parts: frozenset[str]) -> None:
        if not self.alive:
            return
        name = ServerName(server)
        known = self.loop.reports.get(name)
        if known is None or known[0] <= sent_at:
            self.parts[name] = parts
        try:
            if self.loop.replied(name, reply, sent_at):
                self.act()
        except Died:
            return

    def asked(self, server: str, question: Question) -> None:
        """The answering task, apart from the loop."""
        if not self.alive:
            return
        answer = self.loop.answer(question)
        if answer is not None:
            there = self.servers[server]
            self.world.send(self.name, server, there.hear, answer, stalls=True)

    # --- the loop ---

    def poll(self, life: int) -> None:
        if life != self.life:
            return
        self.world.at(self.group.timing.poll_s * 0.5, self.poll, life)
        try:
            self.loop.poll()
        except Died:
            return

    def turn(self, life: int) -> None:
        if life != self.life:
            return
        soon = question_interval(self.state.vote.lease_s)
        self.world.at(soon if self.state.goal else 0.5, self.turn, life)
        if self.world.now < self.lag_until:
            return
        try:
            self.act()
        except Died:
            return

    def act(self) -> None:
        """One turn, and the executor's part."""
        goal = self.state.goal
        self.loop.turn()
        if (self.state.goal is None) != (goal is None):
            told = "; ".join(f"{b.reason.value}: {b.evidence}" for b in self.loop.reasons)
            now = self.state.goal
            self.world.note(f"{self.name} goal {now and now.kind.value}: {told}")
        self._stop_in_order()
        self._start_parts()

    def _stop_in_order(self) -> None:
        """The run of an orderly stop: here the guard stops the parts when the reign is ended."""
        goal = self.state.goal
        if goal is not None and not goal.source_stopped:
            done = dataclasses.replace(goal, source_stopped=True)
            self.loop.store(dataclasses.replace(self.state, goal=done))

    def _start_parts(self) -> None:
        """What the reign on a server lacks is started there, by a plan."""
        current = votes.newest(self.state.vote)
        if current is None or not self.state.wanted:
            return
        server = current.reign.server
        known = self.loop.reports.get(ServerName(server))
        if known is None:
            return
        report = known[1]
        if report.reign != current.reign or report.phase != holder.REIGNING:
            return
        missing = [part for part in PARTS if part not in self.parts[ServerName(server)]]
        if not missing or self.world.now < self.plans.get(server, 0.0):
            return
        self.plans[server] = self.world.now + 4.0
        self.number += 1
        plan = f"{self.name}{self.life}.p{self.number}"
        registration = self.state.vote.registration
        self.send(server, Plan(registration, current.reign, plan))
        steps = tuple(Step(current.reign, plan, registration.incarnation, part) for part in missing)
        self._effect()
        there = self.servers[server]
        self.world.send(self.name, server, there.run_plan, steps, stalls=True)

    @property
    def phase(self) -> str:
        """Where in a failover it is: for the table of what struck when."""
        return self._phase_of(self.state)

    def _phase_of(self, state: GroupState) -> str:
        goal = state.goal
        if not self.alive:
            return "controller away"
        if goal is None:
            return "quiet"
        if goal.reign is not None:
            return "ordered"
        return "stopping" if goal.kind is not GoalKind.FAILOVER else "proving"
