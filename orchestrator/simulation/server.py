"""One machine of the pair: its guard, its disk, its watchdog, its resources and their steps."""

from collections.abc import Callable
from typing import Any

from orchestrator.simulation.machine import Holdings
from orchestrator.simulation.stepping import Stepping
from orchestrator.simulation.world import World
from remote_helpers.protocol import control, guard, holder
from remote_helpers.protocol import watchdog as watchdogs
from remote_helpers.protocol.messages import Answer, Beat, Question, Reply
from remote_helpers.protocol.record import Record
from remote_helpers.protocol.words import ALWAYS, Terms, question_interval

ENDING = (holder.STOPPING, holder.EMERGENCY)


class SimServer(Stepping):
    """Drives the pure guard as the real driver does: save first, then act."""

    def __init__(self, world: World, name: str, peer: str, terms: Terms, lease: float) -> None:
        super().__init__(world, name)
        self.peer_name = peer
        self.terms, self.lease = terms, lease
        self.peer: SimServer | None = None
        self.replies: dict[str, Callable[..., None]] = {}
        """Controller -> where its replies go."""
        self.questions: dict[str, Callable[..., None]] = {}
        self.disk: Record | None = None
        self.run_state: guard.Guard | None = None
        """What a killed guard left in /run."""
        self.life = 0
        """Rises with every start of a guard: timers of the one before find another."""
        self.paused_until = 0.0
        self.backlog: list[tuple[Callable[..., Any], tuple[Any, ...]]] = []
        self.disk_full = False
        self.saves_before_cut: int | None = None
        """Power goes in the middle of the write after so many."""
        self.key = 0
        self.keys = {0}
        """What it sends with, and what it accepts of its peer."""
        self.stuck = False
        self.fires_at: float | None = None
        self.due = ALWAYS
        self.requester = ""
        self.asked = (0, 0.0)
        """In which life of the requester, and when by its clock."""
        self.resets = 0

    def boot(self) -> None:
        """Power on; the controller's first contact starts a guard a little later."""
        if self.on:
            return
        self.on = True
        self.boots += 1
        self.begin_clock()
        self.world.note(f"{self.name} boots ({self.boots})")
        self.world.at(self.world.chance.uniform(0.3, 2.0), self.start_guard, self.boots)

    def power_off(self) -> None:
        """Everything volatile is gone."""
        self.on = False
        self.guard = self.run_state = None
        self.parts.clear()
        self.backlog.clear()
        self.fires_at = None
        self.frozen_until = self.paused_until = 0.0
        self.stuck = False
        self.life += 1
        self.due = ALWAYS

    def reset(self, why: str) -> None:
        """The watchdog or the guard resets the machine."""
        self.world.note(f"{self.name} is reset: {why}")
        self.resets += 1
        self.power_off()
        self.world.at(self.world.chance.uniform(3.0, 8.0), self.boot)

    def start_guard(self, boots: int) -> None:
        """One guard: takes lock and state of the one before where there is one."""
        if not self.on or self.boots != boots or self.guard is not None:
            return
        self.life += 1
        incarnation = f"{self.name}-g{self.life}"
        if self.run_state is not None:
            self.guard = guard.take_over(self.run_state, incarnation, self.clock())
            self.run_state = None
        else:
            names = ("group", self.name, self.peer_name)
            self.guard = guard.start(
                names, self.boot_id, incarnation, self.terms, self.disk, self.lease, self.clock()
            )
            self.world.at(0.2, self.look, self.life)
        self._set_due()
        self.wake(self.life)

    def kill_guard(self, *, keeps_state: bool) -> None:
        if self.guard is None:
            return
        self.run_state = self.guard if keeps_state else None
        self.guard = None
        self.life += 1
        self.backlog.clear()
        self.due = ALWAYS
        self.world.at(self.world.chance.uniform(0.1, 1.5), self.start_guard, self.boots)

    def look(self, life: int) -> None:
        """Every exclusive resource is checked, and the guard is told."""
        if life == self.life:
            self._enter(lambda now, _: guard.checked(now, held=bool(self.parts)))
            if self.guard is not None and self.guard.held is None:
                self.world.at(0.3, self.look, life)

    def wake(self, life: int) -> None:
        """The guard's own timer: every question interval, and exactly when a deadline is due."""
        if life != self.life or self.guard is None:
            return
        self._enter(guard.tick)
        self._enter(guard.beat)
        if not self._runs(life):
            return
        interval = question_interval(self.guard.record.lease)
        self.world.at(interval, self.wake, life)
        left = (self.due - self.clock().fast) / max(self.rates)
        if left < interval:
            self.world.at(left + 1e-6, self.deadline, life)

    def deadline(self, life: int) -> None:
        if life == self.life and self.guard is not None:
            self._enter(guard.tick)
            if self._phase() == holder.EMERGENCY:
                left = (self.due - self.clock().fast) / max(self.rates)
                self.world.at(max(left, 0.02) + 1e-6, self.deadline, life)

    def _runs(self, life: int) -> bool:
        return self.guard is not None and life == self.life

    def _phase(self) -> str:
        return "" if self.guard is None else self.guard.holder.phase

    def _enter(self, act: Callable[..., Any], *args: Any) -> None:
        """One input. A process that does not run finds its inputs when it runs again."""
        if not self.on or self.guard is None:
            return
        until = max(self.frozen_until, self.paused_until)
        if self.world.now < until:
            if not self.backlog:
                self.world.at(until - self.world.now + 1e-6, self._resume, self.life)
            self.backlog.append((act, args))
            return
        now = self.clock()
        if now.fast >= self.due and act is not guard.tick:
            self._commit(*guard.tick(self.guard, now))
            if not self._runs(self.life):
                return
        self._commit(*act(self.guard, *args, now))

    def _resume(self, life: int) -> None:
        if life != self.life:
            return
        waiting, self.backlog = self.backlog, []
        self._enter(guard.tick)
        for act, args in waiting:
            self._enter(act, *args)

    def _commit(self, after: guard.Guard, outputs: guard.Outputs) -> None:
        if outputs and isinstance(outputs[0], guard.Save):
            if self.disk_full or self._loses_power(outputs[0].record):
                return
            self.disk = outputs[0].record
        self.guard = after
        self._set_due()
        self._feed()
        for output in outputs:
            self._do(output)
            if not self._runs(self.life):
                return

    def _loses_power(self, record: Record) -> bool:
        """While this record is written; nothing that follows from it leaves."""
        if self.saves_before_cut is None:
            return False
        self.saves_before_cut -= 1
        if self.saves_before_cut >= 0:
            return False
        self.saves_before_cut = None
        if self.world.chance.random() < 0.5:
            self.disk = record
        self.world.note(f"{self.name} loses power while it writes its record")
        self.power_off()
        self.world.at(self.world.chance.uniform(1.0, 6.0), self.boot)
        return True

    def _set_due(self) -> None:
        if self.guard is None:
            return
        held = self.guard.holder
        end = holder.end_of(held)
        orderly = held.phase in (holder.REIGNING, holder.STOPPING)
        self.due = end - self.terms.budget if orderly and end < ALWAYS else end

    def _feed(self) -> None:
        """Armed while anything may be held; fires by itself when it is not fed."""
        if self.guard is None or not self.terms.watchdog:
            return
        idle = not holder.is_holding(self.guard.holder)
        if idle and guard.may_feed_watchdog(self.guard, self.clock()):
            self.fires_at = None
        elif not idle and watchdogs.may_feed(
            self.clock().fast, holder.end_of(self.guard.holder), self.terms.watchdog
        ):
            armed = self.fires_at is not None
            self.fires_at = self.world.now + self.terms.watchdog
            if not armed:
                self.world.at(self.terms.watchdog, self._fire)

    def _fire(self) -> None:
        if self.fires_at is None or not self.on:
            return
        if self.world.now + 1e-9 < self.fires_at:
            self.world.at(self.fires_at - self.world.now, self._fire)
            return
        self.reset("the watchdog was not fed")

    def _do(self, output: Any) -> None:
        if isinstance(output, guard.Say):
            self._say(output)
        elif isinstance(output, guard.Demote):
            self.world.note(f"{self.name} demotes itself: {output.why}")
            self._stop_parts(self.terms.budget * 0.8)
        elif isinstance(output, guard.StopInOrder):
            self._stop_parts(1.5)
        elif isinstance(output, guard.Reset):
            self.reset(output.why)

    def _say(self, output: guard.Say) -> None:
        message = output.message
        if output.to == guard.PEER:
            if self.peer is not None:
                self.world.send(self.name, self.peer_name, self.peer.hear_peer, self.key, message)
        elif isinstance(message, Question):
            for name, act in self.questions.items():
                self.world.send(self.name, name, act, self.name, message, stalls=True)
        elif isinstance(message, Reply) and self.requester in self.replies:
            act = self.replies[self.requester]
            holdings = Holdings(frozenset(self.parts), self.copies.seen(self.name))
            self.world.send(
                self.name,
                self.requester,
                act,
                self.name,
                message,
                self.asked,
                holdings,
                stalls=True,
            )

    def hear_peer(self, key: int, message: Any) -> None:
        """What is signed with another key is nobody's."""
        if key in self.keys:
            self.hear(message)

    def hear(self, message: Any) -> None:
        """From the peer, or a controller's answer."""
        if isinstance(message, Question):
            self._enter(guard.on_question, message)
        elif isinstance(message, Answer):
            self._enter(guard.on_answer, message)
        elif isinstance(message, Beat):
            self._enter(guard.on_beat, message)

    def ask(self, requester: object, message: Any, asked: tuple[int, float]) -> None:
        """A controller's message."""
        self._enter(self._asked, requester, message, asked)

    def _asked(self, now: guard.Guard, *args: Any) -> tuple[guard.Guard, guard.Outputs]:
        self.requester, message, self.asked, at = args
        return control.on_control(now, message, at)

    def stop_again(self) -> None:
        """A stop that hung goes on."""
        if self.guard is not None and self.guard.holder.phase in ENDING:
            self._stop_parts(0.5)

    def _stop_parts(self, longest: float) -> None:
        delay = self.world.chance.uniform(0.02, max(longest, 0.05))
        self.world.at(delay, self._stopped, self.life)

    def _stopped(self, life: int) -> None:
        if life != self.life or not self.on or self.stuck:
            return
        until = max(self.frozen_until, self.paused_until)
        if self.world.now < until:
            self.world.at(until - self.world.now + 1e-6, self._stopped, life)
            return
        self.parts.clear()
        self._enter(lambda now, _: guard.checked(now, held=False))
