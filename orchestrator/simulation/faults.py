"""What goes wrong, and when: drawn from the seed, undone before the end."""

from collections.abc import Callable, Sequence

from orchestrator.simulation import people
from orchestrator.simulation.controller import SimController
from orchestrator.simulation.pair import CLOCK_ERROR, CONTROLLERS, NAMES, Pair

Fault = Callable[[Pair], None]


def _server(pair: Pair) -> str:
    return pair.world.chance.choice(NAMES)


def power_cut(pair: Pair) -> None:
    server = pair.servers[_server(pair)]
    pair.world.note(f"{server.name} loses power")
    server.power_off()
    pair.world.at(pair.world.chance.uniform(2.0, 15.0), server.boot)


def reboot_without_record(pair: Pair) -> None:
    """The disk is replaced, or the server installed anew."""
    server = pair.servers[_server(pair)]
    pair.world.note(f"{server.name} loses power and its record")
    server.power_off()
    server.disk = None
    pair.world.at(pair.world.chance.uniform(2.0, 10.0), server.boot)


def quick_reboot(pair: Pair) -> None:
    server = pair.servers[_server(pair)]
    pair.world.note(f"{server.name} reboots at once")
    server.power_off()
    pair.world.at(pair.world.chance.uniform(0.1, 0.5), server.boot)


def hang(pair: Pair) -> None:
    """The kernel hangs: no process runs, addresses still answer, a device still fires."""
    server = pair.servers[_server(pair)]
    pair.world.note(f"{server.name} hangs")
    server.frozen_until = pair.world.now + pair.world.chance.uniform(0.5, 8.0)


def guard_paused(pair: Pair) -> None:
    server = pair.servers[_server(pair)]
    pair.world.note(f"{server.name}: guard does not run")
    server.paused_until = pair.world.now + pair.world.chance.uniform(0.3, 6.0)


def guard_killed(pair: Pair) -> None:
    server = pair.servers[_server(pair)]
    pair.world.note(f"{server.name}: guard is killed")
    server.kill_guard(keeps_state=pair.world.chance.random() < 0.5)


def controller_killed(pair: Pair) -> None:
    """At once, or in the middle of what it does next."""
    one = people.living(pair)
    chance = pair.world.chance
    if chance.random() < 0.5:
        one.kill()
    else:
        one.dies_after = chance.randrange(12)
    pair.world.at(chance.uniform(0.2, 12.0), _restart, one)


def _restart(one: SimController) -> None:
    one.kill()
    one.start()


def controller_lags(pair: Pair) -> None:
    one = people.living(pair)
    one.lag_until = pair.world.now + pair.world.chance.uniform(0.5, 5.0)


def cut_server_controller(pair: Pair) -> None:
    _cut(pair, [(_server(pair), name) for name in CONTROLLERS])


def cut_heartbeat(pair: Pair) -> None:
    _cut(pair, [NAMES])


def cut_one_controller(pair: Pair) -> None:
    chance = pair.world.chance
    _cut(pair, [(_server(pair), chance.choice(CONTROLLERS))])


def isolate_server(pair: Pair) -> None:
    server = _server(pair)
    _cut(pair, [(server, name) for name in CONTROLLERS] + [NAMES])


def cut_controllers(pair: Pair) -> None:
    """Both servers at once: the controller's own network."""
    _cut(pair, [(server, name) for server in NAMES for name in CONTROLLERS])


def split_in_halves(pair: Pair) -> None:
    """One controller with each server."""
    _cut(pair, [NAMES, (NAMES[0], CONTROLLERS[1]), (NAMES[1], CONTROLLERS[0])])


def _cut(pair: Pair, pairs: Sequence[tuple[str, str]]) -> None:
    chance = pair.world.chance
    one_way = chance.random() < 0.3
    for first, second in pairs:
        pair.world.note(f"cut {first} -> {second}" + ("" if one_way else " and back"))
        directions = [(first, second)] if one_way else [(first, second), (second, first)]
        if one_way and chance.random() < 0.5:
            directions = [(second, first)]
        for sender, receiver in directions:
            link = pair.world.link(sender, receiver)
            link.cut = True
    pair.world.at(chance.uniform(0.5, 20.0), join, pair, pairs)


def join(pair: Pair, pairs: Sequence[tuple[str, str]]) -> None:
    for first, second in pairs:
        pair.world.link(first, second).cut = False
        pair.world.link(second, first).cut = False


def bad_network(pair: Pair) -> None:
    """Loss, duplicates, delay and with it another order, on one link or all."""
    chance = pair.world.chance
    ends = (*NAMES, *CONTROLLERS)
    chosen = [
        pair.world.link(sender, receiver)
        for sender in ends
        for receiver in ends
        if sender != receiver and chance.random() < 0.5
    ]
    for link in chosen:
        link.loss = chance.choice((0.05, 0.3, 0.6))
        link.duplicates = chance.choice((0.0, 0.3))
        link.extra_s = chance.choice((0.01, 0.5, 3.0))
    pair.world.at(chance.uniform(1.0, 15.0), people.mend_links, pair)


def clock_rates(pair: Pair) -> None:
    """A clock is slewed; within the error that the margin covers."""
    chance = pair.world.chance
    server = pair.servers[_server(pair)]
    extremes = (1.0 - CLOCK_ERROR, 1.0 + CLOCK_ERROR)
    rate = chance.choice(extremes)
    server.set_rates(rate, rate if chance.random() < 0.7 else chance.choice(extremes))


def disk_full(pair: Pair) -> None:
    server = pair.servers[_server(pair)]
    server.disk_full = True
    pair.world.at(pair.world.chance.uniform(1.0, 10.0), disk_free, pair, server.name)


def disk_free(pair: Pair, name: str) -> None:
    pair.servers[name].disk_full = False


def stuck_stop(pair: Pair) -> None:
    """What is stopped from now on does not stop."""
    server = pair.servers[_server(pair)]
    server.stuck = True
    pair.world.at(pair.world.chance.uniform(2.0, 15.0), people.unstuck, pair, server.name)


def process_fails(pair: Pair) -> None:
    server = pair.servers[_server(pair)]
    if server.parts:
        server.parts.discard("data")


ALL: tuple[Fault, ...] = (
    power_cut,
    quick_reboot,
    reboot_without_record,
    hang,
    guard_paused,
    guard_killed,
    controller_killed,
    controller_lags,
    people.take_over,
    cut_server_controller,
    cut_one_controller,
    cut_heartbeat,
    isolate_server,
    cut_controllers,
    split_in_halves,
    bad_network,
    clock_rates,
    disk_full,
    stuck_stop,
    process_fails,
    people.operator,
    people.maintenance,
    people.lease_changed,
)
