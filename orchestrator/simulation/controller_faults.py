"""What goes wrong on a controller: killed, paused, late, its disk full, its clock set, cut off."""

from orchestrator.model import GroupName
from orchestrator.simulation import link_faults
from orchestrator.simulation.controller import SimController
from orchestrator.simulation.pair import CONTROLLERS, NAMES, Pair

EFFECTS = 24
"""Among so many next effects a controller dies at one: before a store, or between it and a send."""
MASS_S = 16.0


def controller_killed(pair: Pair) -> None:
    one = pair.living()
    one.kill()
    pair.world.at(pair.world.chance.uniform(0.2, 12.0), restart, one)


def controller_killed_anywhere(pair: Pair) -> None:
    """In the middle of what it does next."""
    one = pair.living()
    one.dies_after = pair.world.chance.randrange(EFFECTS)
    pair.world.at(pair.world.chance.uniform(0.2, 12.0), restart, one)


def restart(one: SimController) -> None:
    one.kill()
    one.start()


def controller_paused(pair: Pair) -> None:
    """Stopped, or starved: what it is told waits, and is all there at once when it goes on."""
    one = pair.living()
    one.pause(pair.world.chance.choice((0.5, 2.0, 5.0, 9.0)))


def controller_lags(pair: Pair) -> None:
    """Its turns are late, its answers are not."""
    one = pair.living()
    one.lag_until = pair.world.now + pair.world.chance.uniform(0.5, 5.0)


def controller_disk_full(pair: Pair) -> None:
    """Nothing that follows from what cannot be stored may leave."""
    one = pair.living()
    one.outbox.disk_full = True
    pair.world.at(pair.world.chance.uniform(1.0, 10.0), one.disk_free)


def controller_clock_step(pair: Pair) -> None:
    """The wall clock is set, and the controller started anew, by which it tells how long it was
    away.
    """
    one = pair.living()
    chance = pair.world.chance
    one.wall_ahead_s += chance.choice((-86400.0, -3600.0, -5.0, 5.0, 3600.0, 86400.0))
    one.kill()
    pair.world.at(chance.uniform(0.1, 2.0), restart, one)


def mass_event(pair: Pair) -> None:
    """Most other groups lose a server to the controllers at the same moment as this one."""
    chance = pair.world.chance
    pair.living()
    seconds = chance.uniform(4.0, MASS_S)
    active = pair.active()
    pair.mass = (pair.world.now, pair.world.now + seconds)
    for one in pair.controllers.values():
        for number in range(1, 6):
            name = GroupName(f"other{number}")
            pair.world.at(chance.uniform(0.0, 0.5), _heard, one, name, True)
            pair.world.at(seconds + 1.0, _heard, one, name, False)
    ends = [(active.name, name) for name in CONTROLLERS]
    if chance.random() < 0.5:
        ends.append(NAMES)
    link_faults.cut_for(pair, ends, seconds)


def _heard(one: SimController, name: GroupName, silent: bool) -> None:  # noqa: FBT001
    (one.silent.add if silent else one.silent.discard)(name)
    one.neighbours.note_silence(name, silent=silent)
