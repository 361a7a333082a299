"""Hours of bad network in virtual time, in which nothing may move: `make false-failovers`.

One heartbeat in five is lost, on the only link there is. The controller's streams lose as much,
which SSH makes good: what was lost comes later, by up to 0.6 s, and nothing in order. Nothing else
is wrong. A lease of 3 s, as it is by default.
"""

import argparse
import multiprocessing
import time

from orchestrator.simulation.pair import NAMES, Pair

LOSS = 0.2
LATE_S = 0.6
SETTLES_S = 30.0
HOURS_A_SEED = 5


def moves(seed: int) -> int:
    """Failovers that nobody asked for."""
    pair = Pair(seed, covered=True, lease=3.0)
    world = pair.world
    found: list[str] = []
    pair.begin()
    world.run(SETTLES_S)
    for controller in pair.controllers.values():
        controller.moved = found.append
    first, second = NAMES
    world.link(first, second).loss = world.link(second, first).loss = LOSS
    for name in pair.controllers:
        for server in NAMES:
            world.link(name, server).extra_s = world.link(server, name).extra_s = LATE_S
    world.run(SETTLES_S + HOURS_A_SEED * 3600.0)
    return len(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=int, default=1000)
    parser.add_argument("--processes", type=int, default=2)
    wanted = parser.parse_args()
    began, hours, moved = time.monotonic(), 0, 0
    with multiprocessing.get_context("fork").Pool(wanted.processes) as pool:
        for found in pool.imap_unordered(moves, range(wanted.hours // HOURS_A_SEED)):
            hours, moved = hours + HOURS_A_SEED, moved + found
            print(f"{hours} hours, {moved} failovers, {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
