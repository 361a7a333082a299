"""Several faults in a row, in the order and at the distances at which protocols break.

Chance alone seldom cuts the second link within the lease after the first and restarts a guard in
between; each of these does, with its times drawn.
"""

from collections.abc import Callable

from orchestrator.model import ServerName
from orchestrator.model.state import GoalKind
from orchestrator.simulation import controller_faults, link_faults, people, server_faults
from orchestrator.simulation.controller import SimController
from orchestrator.simulation.pair import CLOCK_ERROR, CONTROLLERS, NAMES, Missed, Pair
from orchestrator.simulation.server import SimServer

Compound = Callable[[Pair], None]


def standby_of(pair: Pair) -> SimServer:
    return pair.servers[pair.active().peer_name]


def holder_of(pair: Pair) -> SimController:
    """A controller that believes that it has the vote."""
    for one in pair.controllers.values():
        if one.alive and not one.state.superseded:
            return one
    return pair.controllers[CONTROLLERS[0]]


def _from_controllers(server: SimServer) -> list[tuple[str, str]]:
    return [(server.name, name) for name in CONTROLLERS]


def standby_loses_it_last(pair: Pair) -> None:
    """First the controllers lose the active, then the standby; whose guard may start anew."""
    chance, active, standby = pair.world.chance, pair.active(), standby_of(pair)
    first = chance.uniform(3.0, 6.0)
    back = chance.choice((chance.uniform(1.0, 9.0), chance.uniform(2.5, 5.0)))
    link_faults.cut_for(pair, _from_controllers(active), first + back)
    pair.world.at(first, link_faults.cut_for, pair, [NAMES], 9.0)
    if chance.random() < 0.5:
        kill = first + chance.uniform(0.0, 0.5)
        pair.world.at(kill, lambda: standby.kill_guard(keeps_state=False))


def controller_loses_it_last(pair: Pair) -> None:
    """First the heartbeat, then the controller's link; which may start anew, with less lease."""
    chance, active, one = pair.world.chance, pair.active(), holder_of(pair)
    first = chance.uniform(3.0, 6.0)
    link_faults.cut_for(pair, [NAMES], first + 9.0)
    pair.world.at(first, link_faults.cut_for, pair, _from_controllers(active), 9.0)
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
        one.change_lease(lease)
    one.kill()
    pair.world.at(pair.world.chance.uniform(0.05, 0.4), one.start)


def longer_then_shorter(pair: Pair) -> None:
    """A long lease is set, used, and lowered by a restart while the active is being lost."""
    one, active = holder_of(pair), pair.active()
    if one.alive:
        one.change_lease(8.0)
    chance = pair.world.chance
    first = chance.uniform(4.0, 8.0)
    link_faults.cut_for(pair, [NAMES], first + 14.0)
    pair.world.at(first, link_faults.cut_for, pair, _from_controllers(active), 14.0)
    pair.world.at(first + chance.uniform(-0.3, 0.3), _quick_restart, pair, one, 1.5)


def slow_stream(pair: Pair) -> None:
    """Words between controllers and active take seconds; the standby does not hear it at all."""
    chance, active = pair.world.chance, pair.active()
    for name in CONTROLLERS:
        for ends in ((active.name, name), (name, active.name)):
            pair.world.link(*ends).extra_s = chance.choice((2.0, 3.0))
    link_faults.cut_for(pair, [NAMES], 14.0)
    pair.world.at(chance.uniform(4.0, 14.0), link_faults.mend_links, pair)
    if chance.random() < 0.5:
        pair.world.at(
            chance.uniform(2.0, 6.0), link_faults.cut_for, pair, _from_controllers(active), 9.0
        )


def standby_back_active_gone(pair: Pair) -> None:
    """The standby is away until solo is given, comes back, and the active is cut off."""
    chance, active, standby = pair.world.chance, pair.active(), standby_of(pair)
    away = chance.uniform(7.0, 10.0)
    standby.power_off()
    pair.world.at(away, standby.boot)
    ends = [*_from_controllers(active), NAMES]
    pair.world.at(away + chance.uniform(1.0, 10.0), link_faults.cut_for, pair, ends, 15.0)
    if chance.random() < 0.3:
        pair.world.at(away + chance.uniform(1.5, 3.5), people.take_over, pair)


def solo_in_a_bad_stream(pair: Pair) -> None:
    """As before, and the stream to the active stalls and repeats itself meanwhile."""
    active = pair.active()
    for name in CONTROLLERS:
        link = pair.world.link(name, active.name)
        link.loss, link.duplicates = 0.5, 0.7
    pair.world.at(14.0, link_faults.mend_links, pair)
    standby_back_active_gone(pair)


def reboot_then_isolated(pair: Pair) -> None:
    """Answers to the boot before are still under way when the server is ACTIVE again."""
    chance, active = pair.world.chance, pair.active()
    for name in CONTROLLERS:
        link = pair.world.link(name, active.name)
        link.extra_s, link.duplicates = 1.0, 1.0
    pair.world.at(1.5, link_faults.mend_links, pair)
    pair.world.at(1.0, active.power_off)
    pair.world.at(1.2, active.boot)
    ends = [*_from_controllers(active), NAMES]
    pair.world.at(chance.uniform(12.0, 22.0), link_faults.cut_for, pair, ends, 12.0)


def split_and_take_over(pair: Pair) -> None:
    """Each controller with one server; a person has the one with the active take the vote."""
    chance, active, standby = pair.world.chance, pair.active(), standby_of(pair)
    old = holder_of(pair)
    new = pair.controllers[CONTROLLERS[0 if old.name == CONTROLLERS[1] else 1]]
    ends = [NAMES, (active.name, old.name), (standby.name, new.name)]
    link_faults.cut_for(pair, ends, chance.uniform(8.0, 14.0))
    pair.world.at(chance.uniform(0.0, 2.0), people.told_to_take_over, pair, new)


def copy_left_behind(pair: Pair) -> None:
    """The active writes on without its peer, and is lost; the controller is another one by then,
    or was started anew.
    """
    chance, active, one = pair.world.chance, pair.active(), holder_of(pair)
    link_faults.cut_for(pair, [NAMES], chance.uniform(14.0, 20.0))
    lost = chance.uniform(3.5, 8.0)
    kind = chance.random()
    if kind < 0.3:
        pair.world.at(lost - 1.0, people.take_over, pair)
    elif kind < 0.6 and one.alive:
        pair.world.at(lost - 0.5, _quick_restart, pair, one, None)
    if chance.random() < 0.5:
        pair.world.at(lost, active.power_off)
        pair.world.at(lost + 12.0, active.boot)
    else:
        pair.world.at(lost, link_faults.cut_for, pair, _from_controllers(active), 12.0)


def _takes_over(pair: Pair, one: SimController) -> None:
    people.told_to_take_over(pair, one, alone=False)


def superseded_while_paused(pair: Pair) -> None:
    """The old controller does not run while another takes the vote over; it wakes with questions
    of the active before it, which the new one and the standby cannot see any more.
    """
    chance, active = pair.world.chance, pair.active()
    old = holder_of(pair)
    new = pair.controllers[CONTROLLERS[0 if old.name == CONTROLLERS[1] else 1]]
    if not old.alive:
        raise Missed
    old.pause(chance.uniform(2.2, 3.2))
    pair.world.at(chance.uniform(0.05, 0.3), _takes_over, pair, new)
    ends = [NAMES, (active.name, new.name)]
    pair.world.at(chance.uniform(0.8, 1.3), link_faults.cut_for, pair, ends, 12.0)


def clocks_apart_and_stuck(pair: Pair) -> None:
    """The active's clocks are slow, the others fast, and its stop hangs when it is cut off."""
    chance, active, standby = pair.world.chance, pair.active(), standby_of(pair)
    active.set_rates(1.0 - CLOCK_ERROR, 1.0 - CLOCK_ERROR)
    standby.set_rates(1.0 + CLOCK_ERROR, 1.0 + CLOCK_ERROR)
    for one in pair.controllers.values():
        one.clock.set_rate(1.0 + CLOCK_ERROR)
    active.stuck = True
    ends = [*_from_controllers(active), NAMES]
    pair.world.at(chance.uniform(1.0, 4.0), link_faults.cut_for, pair, ends, 10.0)
    pair.world.at(15.0, people.unstuck, active)


def guard_dies_then_isolated(pair: Pair) -> None:
    """The active's guard stops for good or for long, and the server is cut off."""
    chance, active = pair.world.chance, pair.active()
    ends = [*_from_controllers(active), NAMES]
    link_faults.cut_for(pair, ends, 12.0)
    if chance.random() < 0.5:
        active.paused_until = pair.world.now + 10.0
    else:
        active.frozen_until = pair.world.now + 10.0


def order_stalls(pair: Pair) -> None:
    """A switchover whose order is under way for long; the target is cut off meanwhile."""
    one, standby = holder_of(pair), standby_of(pair)
    chance = pair.world.chance
    if not one.alive or one.state.goal is not None:
        raise Missed
    people.ask(pair, one, GoalKind.SWITCHOVER, ServerName(standby.name))

    def strike(_: str) -> None:
        ends = [(standby.name, name) for name in CONTROLLERS]
        link = pair.world.link(one.name, standby.name)
        link.duplicates = 1.0
        if chance.random() < 0.5:
            link_faults.cut_for(pair, ends, chance.uniform(3.0, 16.0))
        elif chance.random() < 0.5:
            standby.disk_full = True
            pair.world.at(chance.uniform(0.5, 3.0), server_faults.disk_free, standby)
        pair.world.at(6.0, link_faults.mend_links, pair)
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
    superseded_while_paused,
    copy_left_behind,
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
    copy_left_behind,
    superseded_while_paused,
    controller_faults.mass_event,
)
"""What to draw from: the rarer the harm, the more often the sequence."""
