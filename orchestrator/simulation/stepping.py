"""A server that takes steps: each asks the gate when it acts, and may die with its helper."""

from typing import Protocol

from orchestrator.simulation.machine import DATA, Machine, Step
from orchestrator.simulation.world import World
from remote_helpers.protocol import gate, guard
from remote_helpers.protocol.words import ALWAYS, Reign
from remote_helpers.replication.words import Replication


class Copies(Protocol):
    """What a server needs of the data that it has a copy of."""

    def seen(self, name: str) -> Replication: ...

    def may_start(self, name: str) -> bool: ...

    def started(self, name: str) -> None: ...

    def let_write(self, name: str) -> None: ...


class Stepping(Machine):
    def __init__(self, world: World, name: str) -> None:
        super().__init__(world, name)
        self.guard: guard.Guard | None = None
        self.frozen_until = 0.0
        self.helpers = 0
        """Rises when a helper is killed: the steps that it had under way never end."""
        self.copies: Copies
        """Given by the pair's data."""

    def runs(self) -> bool:
        """Its kernel does."""
        return self.on and self.world.now >= self.frozen_until

    @property
    def may_hold(self) -> bool:
        """Whether anything here has, or could take, an exclusive resource now."""
        if self.parts:
            return True
        now = self.guard
        if not self.on or now is None or now.gate.reign is None:
            return False
        return now.gate.until == ALWAYS or self.clock().fast < now.gate.until

    def run_plan(self, steps: tuple[Step, ...]) -> None:
        """The helper takes the steps one after the other, each as long as it takes."""
        if self.on and steps:
            delay = self.world.chance.uniform(0.05, 1.2)
            self.world.at(delay, self._step, steps, self.boots, self.helpers)

    def let_write(self, reign: Reign, incarnation: str) -> None:
        """A step of the controller's: writes that wait for a word go on."""
        now = self.guard
        if not self.runs() or now is None or now.record.registered.incarnation != incarnation:
            return
        if now.holder.reign == reign:
            self.copies.let_write(self.name)

    def kill_helper(self) -> None:
        self.helpers += 1

    def _step(self, steps: tuple[Step, ...], boots: int, helpers: int) -> None:
        if not self.on or self.boots != boots or self.helpers != helpers:
            return
        if self.world.now < self.frozen_until:
            left = self.frozen_until - self.world.now + 1e-6
            self.world.at(left, self._step, steps, boots, helpers)
            return
        step = steps[0]
        current = gate.CLOSED if self.guard is None else self.guard.gate
        fast = self.clock().fast
        if not gate.may_act(current, step.reign, step.plan, step.incarnation, fast):
            return
        if step.part == DATA and not self._promotes_copy():
            return
        self.parts.add(step.part)
        self.world.note(f"{self.name} starts {step.part} in reign {step.reign.epoch}")
        self.run_plan(steps[1:])

    def _promotes_copy(self) -> bool:
        if not self.copies.may_start(self.name):
            self.world.note(f"{self.name} does not start data: its copy lacks writes")
            return False
        if DATA not in self.parts:
            self.copies.started(self.name)
        return True
