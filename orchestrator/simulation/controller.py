"""A controller of the simulation: production's loop, with a world for its ports."""

import contextlib
from collections.abc import Callable
from typing import Any

from orchestrator.decision.facts import Facts
from orchestrator.decision.intents import Fence, LetWrite, NoteOrder, RestartResource, Tell, Work
from orchestrator.decision.restart import resumed
from orchestrator.model import Group, GroupView, ServerName
from orchestrator.model.guard_report import Surroundings
from orchestrator.model.state import GroupState, Policy, Vote
from orchestrator.reconcile.reconciler import Reconciler
from orchestrator.simulation import fencing, steps
from orchestrator.simulation.machine import Holdings
from orchestrator.simulation.neighbours import Neighbours
from orchestrator.simulation.outbox import SimOutbox
from orchestrator.simulation.phases import AWAY, moves_by_itself, phase_of
from orchestrator.simulation.server import SimServer
from orchestrator.simulation.sight import view_of
from orchestrator.simulation.timepiece import Timepiece
from orchestrator.simulation.world import World
from remote_helpers.protocol.messages import Question, Reply, Status
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
        self.lease_s = lease  # as configured, read anew at each start
        self.stored_at = (0.0, 0.0)
        """On its monotonic clock then, and by the wall."""
        self.clock = Timepiece(world)
        self.wall_ahead_s = 0.0
        self.neighbours = Neighbours(self.clock, group.name)
        self.alive = False
        self.life = 0
        self.waiting: list[tuple[str, Callable[[str], None]]] = []
        self.holdings: dict[ServerName, Holdings] = {}
        """What each server had, as last heard."""
        self.fencing: set[Reign] = set()
        self.plans: dict[str, float] = {}
        self.outbox = SimOutbox()
        self.dies_after: int | None = None
        """Killed at this many effects from now: between any two of store, send, send, ..."""
        self.effects = 0
        self.lag_until = self.paused_until = 0.0
        self.number = 0
        self.moved: Callable[[str], None] = lambda _: None
        """Told when a failover is ordered that nobody asked for."""
        self.loop = Reconciler(group, policy, self.stored, self)
        for server in servers.values():
            server.replies[name] = self.replied
            server.questions[name] = self.asked

    # --- life ---

    def start(self, *, take_over: bool = False) -> None:
        """A new process, often after a reboot, whose clock begins anew."""
        if self.alive:
            return
        self.alive = True
        self.life += 1
        self.holdings.clear()
        self.plans.clear()
        self.fencing.clear()
        self.dies_after = None
        self.paused_until = 0.0
        if self.world.chance.random() < 0.3:
            self.clock.begin(self.world.chance.uniform(5.0, 500.0))
        self.neighbours.begin()
        self.loop = Reconciler(self.group, self.policy, self._loaded(), self)
        self.loop.begin_term(self.name, f"{self.name}-i{self.life}", take_over=take_over)
        self.loop.change_lease(self.lease_s)
        self.world.note(f"{self.name} starts, term {self.state.vote.registration.term}")
        self.poll(self.life)
        self.world.at(0.05, self.turn, self.life)

    def _loaded(self) -> GroupState:
        """As `store.group_states` reads it: by the wall clock's word on how long it was away."""
        monotonic, wall = self.stored_at
        passed = max(self._wall() - wall, 0.0)
        return resumed(self.stored, self.now() - (monotonic + passed))

    def _wall(self) -> float:
        return self.world.now + self.wall_ahead_s

    def kill(self) -> None:
        if self.alive:
            self.world.note(f"{self.name} is killed")
        self.alive = False
        self.life += 1
        self.dies_after = None
        self.outbox.clear()
        self.loop.state = self.stored

    def leave(self) -> None:
        """An orderly stop: the active gets a term without end first."""
        try:
            self.loop.give_solo()
        except Died:
            return
        self.world.at(0.5, self.kill)

    def pause(self, seconds: float) -> None:
        self.world.note(f"{self.name} does not run for {seconds} s")
        self.paused_until = self.world.now + seconds

    def disk_free(self) -> None:
        self.outbox.disk_full = False
        try:
            self.outbox.flush()
        except Died:
            return

    @property
    def state(self) -> GroupState:
        return self.loop.state

    def set_state(self, state: GroupState) -> None:
        """What a person changes; on disk at once."""
        self.stored = self.loop.state = state
        self.stored_at = (self.now(), self._wall())

    def begin(self, state: GroupState) -> None:
        """With a person's goal; pursued by the next turn."""
        with contextlib.suppress(Died):
            self.loop.store(state)

    def change_lease(self, lease_s: float) -> None:
        self.lease_s = lease_s
        with contextlib.suppress(Died):
            self.loop.change_lease(lease_s)

    def when(self, phase: str, act: Callable[[str], None]) -> None:
        """Calls `act` once, the next time that this phase is reached."""
        self.waiting.append((phase, act))

    def effect(self) -> None:
        self.effects += 1
        if self.dies_after is not None:
            self.dies_after -= 1
            if self.dies_after < 0:
                self.kill()
                raise Died

    # --- the ports of the loop ---

    def now(self) -> float:
        return self.clock.monotonic()

    def word(self) -> str:
        self.number += 1
        return f"{self.name}{self.life}.{self.number}"

    def minute(self) -> int:
        return 0

    def around(self) -> Surroundings:
        return self.neighbours.around(self.policy.brake_window_s)

    def facts(self) -> Facts:
        """What a decision taken now would rest on."""
        now = self.now()
        return Facts(group=self.group, policy=self.policy, view=self.loop.view(now), now=now)

    def seen(self, now: float) -> GroupView:
        return view_of(self.group.server_names, self.loop.reports, self.holdings, now)

    def store(self, state: GroupState) -> None:
        self.effect()
        self.outbox.store(lambda: self._on_disk(state))
        if self.waiting:
            self._reached(self.phase)

    def _on_disk(self, state: GroupState) -> None:
        self.stored = state
        self.stored_at = (self.now(), self._wall())

    def _reached(self, phase: str) -> None:
        now = [act for waited, act in self.waiting if waited == phase]
        if now:
            self.waiting = [one for one in self.waiting if one[0] != phase]
            for act in now:
                act(phase)

    def send(self, server: str, message: Any) -> None:
        """A plain question of how it is follows from nothing that is stored."""
        self.effect()
        if isinstance(message, Status):
            self._post(server, message)
        else:
            self.outbox.send(lambda: self._post(server, message))

    def _post(self, server: str, message: Any) -> None:
        there, asked = self.servers[server], (self.life, self.now())
        self.world.send(self.name, server, there.ask, self.name, message, asked, stalls=True)

    def fence(self, intent: Fence) -> None:
        self.effect()
        fencing.order(self, intent)

    def work(self, intent: Work) -> None:
        """A part that has failed is started again; what a server holds its guard takes down."""
        if isinstance(intent, RestartResource):
            self.plans.pop(intent.server, None)
        elif isinstance(intent, LetWrite):
            steps.let_write(self, intent.server)

    def tell(self, intent: Tell) -> None:
        """Nobody listens here."""

    # --- what it is told ---

    def _is_late(self, act: Callable[..., None], *args: Any) -> bool:
        """A process that does not run finds what it was told when it runs again."""
        left = self.paused_until - self.world.now
        if left <= 0.0:
            return False
        self.world.at(left + 1e-6, act, *args)
        return True

    def replied(
        self, server: str, reply: Reply, asked: tuple[int, float], holdings: Holdings
    ) -> None:
        """What the process before has asked, it is not told: its connections died with it."""
        life, sent_at = asked
        if life != self.life or self._is_late(self.replied, server, reply, asked, holdings):
            return
        name = ServerName(server)
        known = self.loop.reports.get(name)
        if known is None or known[0] <= sent_at:
            self.holdings[name] = holdings
        try:
            if self.loop.replied(name, reply, sent_at):
                self.act()
        except Died:
            return

    def asked(self, server: str, question: Question) -> None:
        """The answering task, apart from the loop."""
        if not self.alive or self._is_late(self.asked, server, question):
            return
        answer = self.loop.answer(question)
        if answer is not None:
            there = self.servers[server]
            self.world.send(self.name, server, there.hear, answer, stalls=True)

    # --- the loop ---

    def poll(self, life: int) -> None:
        if life != self.life or self._is_late(self.poll, life):
            return
        self.world.at(self.group.timing.poll_s * 0.5, self.poll, life)
        try:
            self.loop.poll()
        except Died:
            return

    def turn(self, life: int) -> None:
        if life != self.life or self._is_late(self.turn, life):
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
        decision, facts = self.loop.turn()
        self.neighbours.note_own(facts)
        orders = any(isinstance(one, NoteOrder) for one in decision.intents)
        if orders and moves_by_itself(self.state):
            self.moved(self.name)
        if (self.state.goal is None) != (goal is None):
            told = "; ".join(f"{b.reason.value}: {b.evidence}" for b in self.loop.reasons)
            now = self.state.goal
            self.world.note(f"{self.name} goal {now and now.kind.value}: {told}")
        steps.take(self)

    @property
    def phase(self) -> str:
        return phase_of(self.state) if self.alive else AWAY
