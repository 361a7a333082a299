"""What goes wrong on a server: power, kernel, clocks, disk, guard, helper, service."""

from orchestrator.simulation import people
from orchestrator.simulation.pair import CLOCK_ERROR, Missed, Pair
from orchestrator.simulation.server import SimServer


def power_cut(pair: Pair) -> None:
    server = pair.any_server()
    pair.world.note(f"{server.name} loses power")
    server.power_off()
    pair.world.at(pair.world.chance.uniform(2.0, 15.0), server.boot)


def quick_reboot(pair: Pair) -> None:
    server = pair.any_server()
    pair.world.note(f"{server.name} reboots at once")
    server.power_off()
    pair.world.at(pair.world.chance.uniform(0.1, 0.5), server.boot)


def power_cut_while_saving(pair: Pair) -> None:
    """In the middle of the next write of its record: it is on disk, or is not."""
    server = pair.any_server()
    server.saves_before_cut = pair.world.chance.randrange(2)
    pair.world.at(20.0, _spare, server)


def _spare(server: SimServer) -> None:
    server.saves_before_cut = None


def reboot_without_record(pair: Pair) -> None:
    """The disk is replaced, or the server installed anew."""
    server = pair.any_server()
    pair.world.note(f"{server.name} loses power and its record")
    server.power_off()
    server.disk = None
    pair.world.at(pair.world.chance.uniform(2.0, 10.0), server.boot)


def hang(pair: Pair) -> None:
    """The kernel hangs: no process runs, addresses still answer, a device still fires."""
    server = pair.any_server()
    pair.world.note(f"{server.name} hangs")
    server.frozen_until = pair.world.now + pair.world.chance.uniform(0.5, 8.0)


def slow_host(pair: Pair) -> None:
    """Starved: processes run now and then, and late."""
    server = pair.any_server()
    chance = pair.world.chance
    pair.world.note(f"{server.name} is slow")
    at = 0.0
    for _ in range(chance.randrange(4, 16)):
        pair.world.at(at, _starve, server, chance.uniform(0.05, 0.6))
        at += chance.uniform(0.2, 1.0)


def _starve(server: SimServer, seconds: float) -> None:
    server.paused_until = max(server.paused_until, server.world.now + seconds)


def guard_paused(pair: Pair) -> None:
    server = pair.any_server()
    pair.world.note(f"{server.name}: guard does not run")
    server.paused_until = pair.world.now + pair.world.chance.uniform(0.3, 6.0)


def guard_killed(pair: Pair) -> None:
    server = pair.any_server()
    pair.world.note(f"{server.name}: guard is killed")
    server.kill_guard(keeps_state=pair.world.chance.random() < 0.5)


def helper_killed(pair: Pair) -> None:
    """Steps under way there never end, and nobody is told what became of them."""
    server = pair.any_server()
    pair.world.note(f"{server.name}: helper is killed")
    server.kill_helper()


def clock_rates(pair: Pair) -> None:
    """Clocks are slewed; within the error that the margin covers."""
    chance = pair.world.chance
    extremes = (1.0 - CLOCK_ERROR, 1.0 + CLOCK_ERROR)
    server = pair.any_server()
    rate = chance.choice(extremes)
    server.set_rates(rate, rate if chance.random() < 0.7 else chance.choice(extremes))
    if chance.random() < 0.3:
        chance.choice(list(pair.controllers.values())).clock.set_rate(chance.choice(extremes))


def disk_full(pair: Pair) -> None:
    server = pair.any_server()
    server.disk_full = True
    pair.world.at(pair.world.chance.uniform(1.0, 10.0), disk_free, server)


def disk_free(server: SimServer) -> None:
    server.disk_full = False


def stuck_stop(pair: Pair) -> None:
    """What is stopped from now on does not stop."""
    server = pair.any_server()
    server.stuck = True
    pair.world.at(pair.world.chance.uniform(2.0, 15.0), people.unstuck, server)


def process_fails(pair: Pair) -> None:
    server = pair.any_server()
    if not server.parts:
        server = pair.servers[server.peer_name]
    if not server.parts:
        raise Missed
    pair.world.note(f"{server.name}: data fails")
    server.parts.discard("data")
