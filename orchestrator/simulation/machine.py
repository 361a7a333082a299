"""A machine without its guard: power, clocks, and what runs on it."""

import dataclasses

from orchestrator.simulation.world import World
from remote_helpers.protocol.words import Now, Reign
from remote_helpers.replication.words import Replication

DATA, ADDRESS = "data", "address"
PARTS = (DATA, ADDRESS)
"""The exclusive resources, in the order in which they start."""


@dataclasses.dataclass(frozen=True, slots=True)
class Holdings:
    """What a server said of itself beside its guard's report."""

    parts: frozenset[str]
    copy: Replication


@dataclasses.dataclass(frozen=True, slots=True)
class Step:
    """A start step as the controller's plan sent it."""

    reign: Reign
    plan: str
    incarnation: str
    part: str


class Machine:
    """Its clocks begin anew with every boot."""

    def __init__(self, world: World, name: str) -> None:
        self.world, self.name = world, name
        self.on = False
        self.boots = 0
        self.parts: set[str] = set()
        """The exclusive resources that it holds."""
        self.rates = (1.0, 1.0)
        self._clock = (0.0, 0.0, 0.0)

    def begin_clock(self) -> None:
        """Its first boot was long ago: the clock of the next one begins far below."""
        base = (1000.0 if self.boots == 1 else 10.0) + self.world.chance.random()
        self._clock = (self.world.now, base, base)

    def set_rates(self, first: float, second: float) -> None:
        """The clocks go on from where they are at other rates."""
        now = self.clock()
        self._clock = (self.world.now, now.fast, now.slow)
        self.rates = (first, second)

    def clock(self) -> Now:
        since, fast, slow = self._clock
        passed = self.world.now - since
        return Now(fast + passed * max(self.rates), slow + passed * min(self.rates))

    @property
    def boot_id(self) -> str:
        return f"{self.name}-boot{self.boots}"
