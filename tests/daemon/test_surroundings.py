"""How many groups fell silent together, as the stewards of one process tell each other."""

from orchestrator.daemon.surroundings import Neighbourhood
from orchestrator.model import GroupName, ServerName
from tests.support.clock import JumpingClock

OWN, FIRST, SECOND = (GroupName(name) for name in ("own", "first", "second"))
ACTIVE, STANDBY = ServerName("active"), ServerName("standby")
WINDOW_S = 10.0


class LateClock(JumpingClock):
    """Each sleep lasts so much longer."""

    late = 0.0

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds + self.late)


class Street:
    """Three groups, and a clock."""

    def __init__(self) -> None:
        self.clock = LateClock()
        self.houses = Neighbourhood(self.clock)
        for name in (OWN, FIRST, SECOND):
            self.houses.join(name)

    async def later(self, seconds: float) -> None:
        await self.clock.sleep(seconds)

    def silent_with(self, group: GroupName) -> int:
        return self.houses.around(group, WINDOW_S, acting="").groups_silent


async def test_only_who_fell_silent_within_the_window_fell_silent_together():
    street = Street()
    street.houses.note_silence(FIRST, [ACTIVE])
    await street.later(WINDOW_S + 1.0)
    street.houses.note_silence(SECOND, [ACTIVE])
    street.houses.note_silence(OWN, [ACTIVE])

    assert street.silent_with(OWN) == 1
    assert street.silent_with(FIRST) == 0


async def test_they_count_for_as_long_as_they_are_silent():
    """Else the brake would let go by itself, and only put the mass movement off."""
    street = Street()
    for group in (OWN, FIRST, SECOND):
        street.houses.note_silence(group, [ACTIVE])
    await street.later(10.0 * WINDOW_S)
    for group in (OWN, FIRST, SECOND):
        street.houses.note_silence(group, [ACTIVE])

    assert street.silent_with(OWN) == 2
    street.houses.note_silence(FIRST, [])
    assert street.silent_with(OWN) == 1


async def test_a_standby_that_was_away_before_does_not_date_the_silence_of_the_active_back():
    street = Street()
    for group in (OWN, FIRST):
        street.houses.note_silence(group, [STANDBY])
        await street.later(2.0 * WINDOW_S)
    street.houses.note_silence(OWN, [STANDBY, ACTIVE])
    street.houses.note_silence(FIRST, [STANDBY, ACTIVE])
    await street.later(1.0)
    street.houses.note_silence(OWN, [ACTIVE])

    assert street.silent_with(OWN) == 1


async def test_who_hears_its_own_servers_counts_from_now():
    street = Street()
    street.houses.note_silence(FIRST, [ACTIVE])
    assert street.silent_with(OWN) == 1
    await street.later(WINDOW_S + 1.0)

    assert street.silent_with(OWN) == 0


async def test_a_group_that_left_is_nobodys_neighbour():
    street = Street()
    street.houses.note_silence(FIRST, [ACTIVE])
    street.houses.leave(FIRST)
    around = street.houses.around(OWN, WINDOW_S, acting="run-1")

    assert (around.groups, around.groups_silent, around.acting) == (2, 0, "run-1")


async def test_a_sleep_that_was_too_long_is_remembered_for_a_while():
    street = Street()
    lags = []
    for late in (0.0, 4.0, 0.0, 0.0):
        street.clock.late = late
        await street.houses.sleep(1.0)
        lags.append(street.houses.around(OWN, WINDOW_S, acting="").lag_s)

    assert lags == [0.0, 4.0, 2.0, 1.0]
