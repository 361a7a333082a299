"""Several faults in a row, in the order and at the distances at which protocols break.

Chance alone seldom cuts the second link within the lease after the first and restarts a guard in
between; each of these does, with its times drawn.
"""

from collections.abc import Callable

from orchestrator.model import ServerName
from orchestrator.model.state import GoalKind
from orchestrator.simulation import faults, people
from orchestrator.simulation.controller import SimController
from orchestrator.simulation.pair import CLOCK_ERROR, CONTROLLERS, NAMES, Pair
from orchestrator.simulation.server import SimServer

Compound = Callable[[Pair], None]


def active_of(pair: Pair) -> SimServer:
    """The one that serves, or else the first."""
    for server in pair.servers.values():
        if server.parts:
            return server
    return pair.servers[NAMES[0]]


def standby_of(pair: Pair) -> SimServer:
    return pair.servers[active_of(pair).peer_name]


def holder_of(pair: Pair) -> SimController:
    """A controller that believes that it has the vote."""
    for one in pair.controllers.values():
        if one.alive and not one.state.superseded:
            return one
    return pair.controllers[CONTROLLERS[0]]


def _cut(pair: Pair, ends: list[tuple[str, str]], seconds: float) -> None:
    for first, second in ends:
        pair.world.note(f"cut {first} - {second} for {seconds:.1f} s")
        pair.world.link(first, second).cut = pair.world.link(second, first).cut = True
    pair.world.at(seconds, faults.join, pair, ends)


def _from_controllers(server: SimServer) -> list[tuple[str, str]]:
    return [(server.name, name) for name in CONTROLLERS]


def standby_loses_it_last(pair: Pair) -> None:
    """First the controllers lose the active, then the standby; whose guard may start anew."""
    chance, active, standby = pair.world.chance, active_of(pair), standby_of(pair)
    first = chance.uniform(3.0, 6.0)
    back = chance.choice((chance.uniform(1.0, 9.0), chance.uniform(2.5, 5.0)))
    _cut(pair, _from_controllers(active), first + back)
    pair.world.at(first, _cut, pair, [NAMES], 9.0)
    if chance.random() < 0.5:
        kill = first + chance.uniform(0.0, 0.5)
        pair.world.at(kill, lambda: standby.kill_guard(keeps_state=False))


def controller_loses_it_last(pair: Pair) -> None:
    """First the heartbeat, then the controller's link; which may start anew, with less lease."""
    chance, active, one = pair.world.chance, active_of(pair), holder_of(pair)
    first = chance.uniform(3.0, 6.0)
    _cut(pair, [NAMES], first + 9.0)
    pair.world.at(first, _cut, pair, _from_controllers(active), 9.0)
    kind = chance.random()
    if kind < 0.6:
        pair.world.at(
            first + chance.uniform(0.0, 0.6), _quick_restart, pair, one, 1.5 if kind < 0.3 else None
        )


def _quick_restart(pair: Pair, one: SimController, lease: float | None) -> None:
    """The way people apply a new configuration."""
    if not one.alive:
        return
    if lease is not None:
        one.loop.change_lease(lease)
    one.kill()
    pair.world.at(pair.world.chance.uniform(0.05, 0.4), one.start)


def longer_then_shorter(pair: Pair) -> None:
    """A long lease is set, used, and lowered by a restart while the active is being lost."""
    one, active = holder_of(pair), active_of(pair)
    if one.alive:
        one.loop.change_lease(8.0)
    chance = pair.world.chance
    first = chance.uniform(4.0, 8.0)
    _cut(pair, [NAMES], first + 14.0)
    pair.world.at(first, _cut, pair, _from_controllers(active), 14.0)
    pair.world.at(first + chance.uniform(-0.3, 0.3), _quick_restart, pair, one, 1.5)


def slow_stream(pair: Pair) -> None:
    """Words between controllers and active take seconds; the standby does not hear it at all."""
    chance, active = pair.world.chance, active_of(pair)
    for name in CONTROLLERS:
        for ends in ((active.name, name), (name, active.name)):
            pair.world.link(*ends).extra_s = chance.choice((2.0, 3.0))
    _cut(pair, [NAMES], 14.0)
    pair.world.at(chance.uniform(4.0, 14.0), people.mend_links, pair)
    if chance.random() < 0.5:
        pair.world.at(chance.uniform(2.0, 6.0), _cut, pair, _from_controllers(active), 9.0)


def standby_back_active_gone(pair: Pair) -> None:
    """The standby is away until solo is given, comes back, and the active is cut off."""
    chance, active, standby = pair.world.chance, active_of(pair), standby_of(pair)
    away = chance.uniform(7.0, 10.0)
    standby.power_off()
    pair.world.at(away, standby.boot)
    ends = [*_from_controllers(active), NAMES]
    pair.world.at(away + chance.uniform(1.0, 10.0), _cut, pair, ends, 15.0)
    if chance.random() < 0.3:
        pair.world.at(away + chance.uniform(1.5, 3.5), people.take_over, pair)


def solo_in_a_bad_stream(pair: Pair) -> None:
    """As before, and the stream to the active stalls and repeats itself meanwhile."""
    active = active_of(pair)
    for name in CONTROLLERS:
        link = pair.world.link(name, active.name)
        link.loss, link.duplicates = 0.5, 0.7
    pair.world.at(14.0, people.mend_links, pair)
    standby_back_active_gone(pair)


def reboot_then_isolated(pair: Pair) -> None:
    """Answers to the boot before are still under way when the server is ACTIVE again."""
    chance, active = pair.world.chance, active_of(pair)
    for name in CONTROLLERS:
        link = pair.world.link(name, active.name)
        link.loss, link.extra_s = 0.6, 1.0
    pair.world.at(1.5, people.mend_links, pair)
    pair.world.at(1.0, active.power_off)
    pair.world.at(1.2, active.boot)
    ends = [*_from_controllers(active), NAMES]
    pair.world.at(chance.uniform(12.0, 22.0), _cut, pair, ends, 12.0)


def split_and_take_over(pair: Pair) -> None:
    """Each controller with one server; a person has the one with the active take the vote."""
    chance, active, standby = pair.world.chance, active_of(pair), standby_of(pair)
    old = holder_of(pair)
    new = pair.controllers[CONTROLLERS[0 if old.name == CONTROLLERS[1] else 1]]
    ends = [NAMES, (active.name, old.name), (standby.name, new.name)]
    _cut(pair, ends, chance.uniform(8.0, 14.0))
    pair.world.at(chance.uniform(0.0, 2.0), people.told_to_take_over, pair, new)


def clocks_apart_and_stuck(pair: Pair) -> None:
    """The active's clocks are slow, the others fast, and its stop hangs when it is cut off."""
    chance, active, standby = pair.world.chance, active_of(pair), standby_of(pair)
    active.set_rates(1.0 - CLOCK_ERROR, 1.0 - CLOCK_ERROR)
    standby.set_rates(1.0 + CLOCK_ERROR, 1.0 + CLOCK_ERROR)
    for one in pair.controllers.values():
        one.set_rate(1.0 + CLOCK_ERROR)
    active.stuck = True
    ends = [*_from_controllers(active), NAMES]
    pair.world.at(chance.uniform(1.0, 4.0), _cut, pair, ends, 10.0)
    pair.world.at(15.0, people.unstuck, pair, active.name)


def guard_dies_then_isolated(pair: Pair) -> None:
    """The active's guard stops for good or for long, and the server is cut off."""
    chance, active = pair.world.chance, active_of(pair)
    ends = [*_from_controllers(active), NAMES]
    _cut(pair, ends, 12.0)
    if chance.random() < 0.5:
        active.paused_until = pair.world.now + 10.0
    else:
        active.frozen_until = pair.world.now + 10.0


def order_stalls(pair: Pair) -> None:
    """A switchover whose order is under way for long; the target is cut off meanwhile."""
    one, standby = holder_of(pair), standby_of(pair)
    chance = pair.world.chance
    if not one.alive or one.state.goal is not None:
        return
    people.ask(pair, one, GoalKind.SWITCHOVER, ServerName(standby.name))

    def strike(_: str) -> None:
        ends = [(standby.name, name) for name in CONTROLLERS]
        link = pair.world.link(one.name, standby.name)
        link.duplicates = 1.0
        if chance.random() < 0.5:
            _cut(pair, ends, chance.uniform(3.0, 16.0))
        elif chance.random() < 0.5:
            standby.disk_full = True
            pair.world.at(chance.uniform(0.5, 3.0), faults.disk_free, pair, standby.name)
        pair.world.at(6.0, people.mend_links, pair)
        if chance.random() < 0.4:
            pair.world.at(chance.uniform(0.5, 3.0), people.take_over, pair)

    one.when("ordered" if chance.random() < 0.4 else "stopping", strike)


ALL: tuple[Compound, ...] = (
    standby_loses_it_last,
    controller_loses_it_last,
    longer_then_shorter,
    slow_stream,
    standby_back_active_gone,
    solo_in_a_bad_stream,
    reboot_then_isolated,
    split_and_take_over,
    clocks_apart_and_stuck,
    guard_dies_then_isolated,
    order_stalls,
)

OFTEN = (
    *ALL,
    standby_loses_it_last,
    controller_loses_it_last,
    solo_in_a_bad_stream,
    solo_in_a_bad_stream,
    reboot_then_isolated,
    order_stalls,
)
"""What to draw from: the rarer the harm, the more often the sequence."""
