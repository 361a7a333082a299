"""The loop around `decide`, as the production loop does it: look, decide, store, then act."""

import dataclasses
from collections.abc import Callable
from typing import Any

from orchestrator.decision import lease_length, proofs
from orchestrator.decision import vote as votes
from orchestrator.decision.carry import carry
from orchestrator.decision.decide import decide
from orchestrator.decision.hear import hear
from orchestrator.decision.intents import Because, Fence, Intent, NewTerm, RestartResource
from orchestrator.model import Group, ServerName
from orchestrator.model.guard_report import FenceResult, GuardedView
from orchestrator.model.state import GoalKind, GroupState, Policy, Vote
from orchestrator.simulation import fencing
from orchestrator.simulation.machine import PARTS, Step
from orchestrator.simulation.server import SimServer
from orchestrator.simulation.sight import Known, view_of
from orchestrator.simulation.world import World
from remote_helpers.protocol import holder
from remote_helpers.protocol.messages import Lease, Plan, Question, Reply, Status
from remote_helpers.protocol.words import Registration, Reign, question_interval


class Died(Exception):
    """The process was killed right here."""


class SimController:
    """One controller; what it `stores` survives it, the rest does not."""

    def __init__(
        self, world: World, name: str, group: Group, policy: Policy, servers: dict[str, SimServer]
    ) -> None:
        self.world, self.name, self.group, self.policy = world, name, group, policy
        self.servers = servers
        self.clockwork = votes.Clockwork(error=policy.clock_error, margin_s=policy.margin_s)
        lease = group.timing.lease_s
        vote = Vote(registration=Registration(0, name, ""), lease_s=lease, lease_max_s=lease)
        self.stored = GroupState(vote=vote)
        self.state = self.stored
        self.ballot = votes.Ballot()
        self.alive = False
        self.life = 0
        self.rate = 1.0
        self._since = (0.0, 0.0)
        self.waiting: list[tuple[str, Callable[[str], None]]] = []
        self.reports: dict[ServerName, Known] = {}
        self.fences: list[FenceResult] = []
        self.fencing: set[Reign] = set()
        self.plans: dict[str, float] = {}
        self.dies_after: int | None = None
        """Killed at this many effects from now: between any two of store, send, send, ..."""
        self.reasons: tuple[Because, ...] = ()
        self.lowered_at = 0.0
        self.lag_until = 0.0
        self.number = 0
        for server in servers.values():
            server.replies[name] = self.replied
            server.questions[name] = self.asked

    # --- life ---

    def start(self, *, take_over: bool = False) -> None:
        if self.alive:
            return
        self.alive = True
        self.life += 1
        self.state = self.stored
        self.ballot = votes.Ballot()
        self.reports, self.fences, self.plans = {}, [], {}
        self.fencing = set()
        self.lowered_at = self.clock()
        self.dies_after = None
        self.new_term(take_over=take_over)
        self.world.note(f"{self.name} starts, term {self.state.vote.registration.term}")
        self.poll(self.life)
        self.world.at(0.05, self.turn, self.life)

    def new_term(self, *, take_over: bool) -> None:
        seen = tuple(report.registered for _, report, _ in self.reports.values())
        incarnation = f"{self.name}-i{self.life}"
        vote = votes.begin(self.state.vote, self.name, incarnation, seen, take_over=take_over)
        self.store(dataclasses.replace(self.state, vote=vote, superseded=False))

    def kill(self) -> None:
        if self.alive:
            self.world.note(f"{self.name} is killed")
        self.alive = False
        self.life += 1
        self.dies_after = None

    def set_rate(self, rate: float) -> None:
        """The clock goes on from where it is."""
        self._since = (self.world.now, self.clock())
        self.rate = rate

    def clock(self) -> float:
        at, shown = self._since
        return shown + (self.world.now - at) * self.rate

    def set_state_vote(self, vote: Vote) -> None:
        """A person's change of the configuration."""
        self.stored = self.state = dataclasses.replace(self.state, vote=vote)
        self.lowered_at = self.clock()

    def when(self, phase: str, act: Callable[[str], None]) -> None:
        """Calls `act` once, the next time that this phase is reached."""
        self.waiting.append((phase, act))

    def store(self, state: GroupState) -> None:
        self._effect()
        before = self.phase
        self.stored = self.state = state
        if self.waiting and self.phase != before:
            now = [act for phase, act in self.waiting if phase == self.phase]
            self.waiting = [one for one in self.waiting if one[0] != self.phase]
            for act in now:
                act(self.phase)

    def _effect(self) -> None:
        if self.dies_after is not None:
            self.dies_after -= 1
            if self.dies_after < 0:
                self.kill()
                raise Died

    def send(self, server: str, message: Any) -> None:
        self._effect()
        there = self.servers[server]
        self.world.send(self.name, server, there.ask, self.name, message, self.clock(), stalls=True)

    # --- what it is told ---

    def replied(self, server: str, reply: Reply, sent_at: float, parts: frozenset[str]) -> None:
        """A reply is as old as its request: a stalled stream must not make it look fresh."""
        if not self.alive:
            return
        name = ServerName(server)
        known = self.reports.get(name)
        if known is None or known[0] <= sent_at:
            self.reports[name] = (sent_at, reply.report, parts)
        state, self.ballot = hear(
            self.state,
            self.ballot,
            self.group.server_names,
            name,
            reply,
            self.clock(),
            self.clockwork,
        )
        try:
            if state != self.state:
                self.store(state)
            if reply.to in ("register", "stop", "order") and reply.accepted:
                self.act()
        except Died:
            return

    def asked(self, server: str, question: Question) -> None:
        """The answering task: check, note and send in one step, apart from the loop."""
        if not self.alive:
            return
        silent = proofs.is_silent_to(self.state, question.reign)
        self.ballot, answer = votes.answer(
            self.state.vote,
            self.ballot,
            self.group.server_names,
            question,
            silent=silent,
            now=self.clock(),
            clockwork=self.clockwork,
        )
        if answer is not None:
            there = self.servers[server]
            self.world.send(self.name, server, there.hear, answer, stalls=True)

    # --- the loop ---

    def poll(self, life: int) -> None:
        if life != self.life:
            return
        self.world.at(self.group.timing.poll_s * 0.5, self.poll, life)
        try:
            for server in self.servers:
                self.send(server, Status(self.state.vote.registration))
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
        """One turn."""
        now = self.clock()
        decision = decide(self.group, self.state, self.view(now), now, self.policy)
        self.reasons = decision.reasons
        state = decision.state
        vote = lease_length.let_go(state.vote, self.lowered_at, now, self.clockwork)
        if vote is not state.vote:
            state = dataclasses.replace(state, vote=vote)
        if state is not self.state and state != self.state:
            if (state.goal is None) != (self.state.goal is None):
                told = "; ".join(f"{b.reason.value}: {b.evidence}" for b in decision.reasons)
                self.world.note(f"{self.name} goal {state.goal and state.goal.kind.value}: {told}")
            self.store(state)
        for intent in decision.intents:
            self.carry_out(intent)
        self._lease_lengths()
        self._start_parts()

    def carry_out(self, intent: Intent) -> None:
        if isinstance(intent, NewTerm):
            self.new_term(take_over=self.state.vote.take_over)
            return
        if isinstance(intent, Fence):
            self._effect()
            fencing.order(self, intent)
            return
        if isinstance(intent, RestartResource):
            self.plans.pop(intent.server, None)
            return
        known = self.reports.get(getattr(intent, "server", ServerName("")))
        self.number += 1
        nonce = f"{self.name}{self.life}.{self.number}"
        errand = carry(self.state, intent, nonce, known[1] if known else None)
        if errand.state is not self.state:
            self.store(errand.state)
        if errand.server is not None and errand.message is not None:
            self.send(errand.server, errand.message)

    def _lease_lengths(self) -> None:
        vote = self.state.vote
        for server, (_, report, _) in self.reports.items():
            if server in vote.acknowledged and report.lease != vote.lease_s:
                self.send(server, Lease(vote.registration, vote.lease_s))

    def _start_parts(self) -> None:
        """The executor's part: what the reign on a server lacks is started there, by a plan."""
        current = votes.newest(self.state.vote)
        if current is None or not self.state.wanted:
            return
        server = current.reign.server
        known = self.reports.get(ServerName(server))
        if known is None:
            return
        _, report, parts = known
        if report.reign != current.reign or report.phase != holder.REIGNING:
            return
        missing = [part for part in PARTS if part not in parts]
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

    # --- what it sees ---

    def view(self, now: float) -> GuardedView:
        return view_of(
            self.group.server_names, self.reports, tuple(self.fences), self.ballot.promises, now
        )

    @property
    def phase(self) -> str:
        """Where in a failover it is: for the table of what struck when."""
        goal = self.state.goal
        if not self.alive:
            return "controller away"
        if goal is None:
            return "quiet"
        if goal.reign is not None:
            return "ordered"
        return "stopping" if goal.kind is not GoalKind.FAILOVER else "proving"
