"""The monotonic clock of a controller: it has a rate of its own, and begins anew with a boot."""

from orchestrator.model.moment import Monotonic
from orchestrator.simulation.virtual_time import WorldClock
from orchestrator.simulation.world import World


class Timepiece(WorldClock):
    """`orchestrator.clock.Clock`, as `WorldClock` is, but no better than a clock can be."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._since = (world.now, world.now)
        self._rate = 1.0

    def monotonic(self) -> Monotonic:
        at, shown = self._since
        return Monotonic(shown + (self.world.now - at) * self._rate)

    def set_rate(self, rate: float) -> None:
        """It goes on from where it is."""
        self._since = (self.world.now, self.monotonic())
        self._rate = rate

    def begin(self, shown: float) -> None:
        """A boot."""
        self._since = (self.world.now, shown)
