"""What must come about, and within which time: small stories in which little goes wrong.

Safety is kept by a protocol that never lets anybody serve. The numbers are drawn from the seed.
"""

import dataclasses
from collections.abc import Callable

from orchestrator.simulation import link_faults
from orchestrator.simulation.invariants import Violation
from orchestrator.simulation.machine import PARTS
from orchestrator.simulation.pair import CLOCK_ERROR, CONTROLLERS, NAMES, Pair
from remote_helpers.protocol.clocks import wait_for

SERVES_S = 50.0
"""By then the first server serves, whatever the clocks."""
SLACK_S = 6.0
"""For what is beside the wait for a lease: silence noticed, withdrawal, order, steps."""
BACK_S = 10.0


def play(seed: int) -> list[Violation]:
    """Every story once."""
    return [found for story in STORIES for found in _play(seed, story)]


@dataclasses.dataclass(frozen=True, slots=True)
class Story:
    name: str
    happens: Callable[[Pair], float]
    """Plans what goes wrong, and returns when the end must have come about."""
    serves: str
    """Who must serve then, and never stopped before if it served all along."""
    steadily: bool = False
    lease_s: float = 8.0


def _play(seed: int, story: Story) -> list[Violation]:
    pair = Pair(seed, lease=story.lease_s, covered=True)
    pair.data.guarded = True
    world = pair.world
    pair.begin()
    until = story.happens(pair)
    lost: list[float] = []
    if story.steadily:
        world.run(SERVES_S)
        world.after_event = lambda: _note_loss(pair, story.serves, lost)
    world.run(until)
    if lost or len(pair.servers[story.serves].parts) < len(PARTS):
        at = lost[0] if lost else until
        return [Violation(seed, "not-in-time", round(at, 3), f"{story.name}: {story.serves}")]
    return []


def _note_loss(pair: Pair, server: str, lost: list[float]) -> None:
    if not lost and not pair.servers[server].parts:
        lost.append(pair.world.now)


def _bound(pair: Pair) -> float:
    return wait_for(pair.lease, CLOCK_ERROR, 0.25) + SLACK_S


def _active_dies(pair: Pair) -> float:
    at = SERVES_S + pair.world.chance.random()
    pair.world.at(at, pair.servers[NAMES[0]].power_off)
    return at + _bound(pair)


def _active_is_cut_off(pair: Pair) -> float:
    at = SERVES_S + pair.world.chance.random()
    pair.world.at(at, link_faults.cut_for, pair, _all_links(NAMES[0]), 60.0)
    return at + _bound(pair)


def _standby_was_away_before(pair: Pair) -> float:
    """Long enough for a term without end, which ends when it is back: then it can take over."""
    standby = pair.servers[NAMES[1]]
    at = SERVES_S + pair.world.chance.random()
    pair.world.at(at, standby.power_off)
    back = at + pair.policy.solo_after_s + 4.0
    pair.world.at(back, standby.boot)
    dies = back + BACK_S
    pair.world.at(dies, pair.servers[NAMES[0]].power_off)
    return dies + _bound(pair)


def _controller_dies_after_asking(pair: Pair) -> float:
    """Nobody sees the active for a moment, the standby is asked to withdraw, and then the
    controller is gone: the vote of the standby must come back by itself, in time.
    """
    world = pair.world
    for server in pair.servers.values():
        server.set_rates(1.0, 1.0)
    at = SERVES_S + world.chance.random()
    ends = _all_links(NAMES[0])
    world.at(at, link_faults.cut_for, pair, ends, 60.0)

    def kill_when_asked() -> None:
        guard = pair.servers[NAMES[1]].guard
        if guard is not None and guard.grantor.withdrawn is not None:
            pair.controllers[CONTROLLERS[0]].kill()
            link_faults.join(pair, ends)
        else:
            world.at(0.05, kill_when_asked)

    world.at(at + 0.1, kill_when_asked)
    return at + 40.0


def _all_links(server: str) -> list[tuple[str, str]]:
    return [NAMES, *((server, name) for name in CONTROLLERS)]


STORIES = (
    Story("the active dies", _active_dies, NAMES[1]),
    Story("the active is cut off", _active_is_cut_off, NAMES[1]),
    Story("the standby was away before", _standby_was_away_before, NAMES[1]),
    Story(
        "the controller dies after asking",
        _controller_dies_after_asking,
        NAMES[0],
        steadily=True,
        lease_s=16.0,
    ),
)
