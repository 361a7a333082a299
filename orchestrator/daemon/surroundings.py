"""What a controller knows of itself and all its groups: how late it is, how many are silent."""

from collections.abc import Collection

from orchestrator.clock import Clock
from orchestrator.model import GroupName, ServerName
from orchestrator.model.guard_report import Surroundings


class Neighbourhood:
    """Shared by the stewards of one process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lag_s = 0.0
        self._silent: dict[GroupName, dict[ServerName, float]] = {}
        """Since when which servers of each group are silent."""
        self._groups: set[GroupName] = set()

    def join(self, group: GroupName) -> None:
        self._groups.add(group)

    def leave(self, group: GroupName) -> None:
        self._groups.discard(group)
        self._silent.pop(group, None)

    def note_silence(self, group: GroupName, servers: Collection[ServerName]) -> None:
        """Server by server: a standby that was away already must not date the active's silence
        back to where no other group was silent.
        """
        before, now = self._silent.get(group, {}), self._clock.monotonic()
        self._silent[group] = {name: before.get(name, now) for name in servers}

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
        own = self._silent.get(group, {}).values() or (self._clock.monotonic(),)
        others = [
            name
            for name, theirs in self._silent.items()
            if name != group
            and any(abs(since - one) <= window_s for since in theirs.values() for one in own)
        ]
        return Surroundings(
            lag_s=self._lag_s,
            groups=max(len(self._groups), 1),
            groups_silent=len(others),
            acting=acting,
        )
