"""Seeds: one from beginning to end, or many at once."""

import multiprocessing
from collections.abc import Iterable

from orchestrator.simulation import liveness, people, runs
from orchestrator.simulation.invariants import Watch
from orchestrator.simulation.pair import Pair
from orchestrator.simulation.report import Report, Story
from orchestrator.simulation.schedule import FULL, Profile, Schedule

LIVENESS_SHARE = 20
"""Of so many seeds one plays the stories of what must come about in time as well."""


def play(seed: int, profile: Profile = FULL, *, tell: bool = False) -> Story:
    """One seed from beginning to end; the same every time."""
    pair = Pair(seed)
    world = pair.world
    if tell:
        world.log = []
    watch = Watch(pair)
    world.after_event = watch.look
    for one in pair.controllers.values():
        one.moved = watch.moved
    pair.begin()
    schedule = Schedule(pair, profile)
    schedule.plan()
    world.at(profile.mended_s, people.heal, pair)
    world.run(profile.length_s)
    violations = []
    if profile is FULL:
        watch.end()
        violations += runs.play(seed)
        violations += liveness.play(seed) if seed % LIVENESS_SHARE == 0 else []
    violations += watch.found.values()
    return Story(
        seed=seed,
        steps=world.steps,
        faults=schedule.struck.total(),
        struck=schedule.struck,
        violations=tuple(violations),
        log=tuple(world.log or ()),
    )


def simulate(seeds: Iterable[int], *, processes: int = 1) -> Report:
    """Plays every seed. With several processes the sums are the same."""
    report = Report()
    if processes <= 1:
        for seed in seeds:
            report.add(play(seed))
        return report
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        for story in pool.imap_unordered(play, seeds, chunksize=8):
            report.add(story)
    report.violations.sort(key=lambda one: (one.seed, one.at))
    return report
