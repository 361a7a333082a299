"""What goes wrong on a controller: killed, paused, late, its disk full, its clock set, cut off."""

from orchestrator.simulation import link_faults
from orchestrator.simulation.controller import SimController
from orchestrator.simulation.neighbours import OTHERS
from orchestrator.simulation.pair import CONTROLLERS, NAMES, Missed, Pair

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
    """Most other groups lose a server to the controllers at the same moment as this one.

    One such event at a time: the end of the first would be the end of the second.
    """
    chance = pair.world.chance
    pair.living()
    if pair.world.now < pair.mass[1]:
        raise Missed
    seconds = chance.uniform(4.0, MASS_S)
    active = pair.active()
    until = pair.world.now + seconds
    # Who does not serve may have been silent for long, alone: then the brake need not hold.
    pair.mass = (pair.world.now if active.parts else until, until)
    for one in pair.controllers.values():
        for name in OTHERS[:5]:
            pair.world.at(chance.uniform(0.0, 0.5), one.neighbours.fall_silent, name)
            pair.world.at(seconds + 1.0, one.neighbours.answer_again, name)
    ends = [(active.name, name) for name in CONTROLLERS]
    if chance.random() < 0.5:
        ends.append(NAMES)
    link_faults.cut_for(pair, ends, seconds)
