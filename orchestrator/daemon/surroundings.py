"""What a controller knows of itself and all its groups: how late it is, how many are silent."""

from orchestrator.clock import Clock
from orchestrator.model import GroupName
from orchestrator.model.guard_report import Surroundings


class Neighbourhood:
    """Shared by the stewards of one process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lag_s = 0.0
        self._silent: dict[GroupName, float] = {}
        """Since when a server of each group is silent."""
        self._groups: set[GroupName] = set()

    def join(self, group: GroupName) -> None:
        self._groups.add(group)

    def leave(self, group: GroupName) -> None:
        self._groups.discard(group)
        self._silent.pop(group, None)

    def note_silence(self, group: GroupName, *, silent: bool) -> None:
        if not silent:
            self._silent.pop(group, None)
        else:
            self._silent.setdefault(group, self._clock.monotonic())

    async def sleep(self, seconds: float) -> None:
        """Sleeps, and notes by how much the sleep was longer: what was meanwhile not heard was
        not silence.
        """
        began = self._clock.monotonic()
        await self._clock.sleep(seconds)
        late = self._clock.monotonic() - began - seconds
        # Slowly forgotten: the answers that waited through a stall are taken in after it.
        self._lag_s = max(late, self._lag_s * 0.5 if self._lag_s > 0.01 else 0.0)

    def around(self, group: GroupName, window_s: float, *, acting: str) -> Surroundings:
        """Servers that fell silent within the window fell silent together, for as long as they
        are silent: a brake that lets go by itself would only put the mass movement off.
        """
        own = self._silent.get(group, self._clock.monotonic())
        others = [
            since
            for name, since in self._silent.items()
            if name != group and abs(own - since) <= window_s
        ]
        return Surroundings(
            lag_s=self._lag_s,
            groups=max(len(self._groups), 1),
            groups_silent=len(others),
            acting=acting,
        )
