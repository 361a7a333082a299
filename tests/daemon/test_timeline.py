"""What a failover cost, phase by phase, as it was measured."""

import dataclasses

from orchestrator.daemon.timeline import Timeline
from orchestrator.model import Monotonic, Reason
from orchestrator.model.state import Goal, GoalKind, GroupState, Vote
from remote_helpers.protocol.words import Registration, Reign
from tests.support.builders import LINUX1, LINUX2

QUIET = GroupState(vote=Vote(registration=Registration(1, "c-1", "i-1")))
GOAL = Goal(
    kind=GoalKind.FAILOVER,
    target=LINUX2,
    source=LINUX1,
    since=Monotonic(101.5),
    reason=Reason.ACTIVE_SILENT,
)
ORDERED = dataclasses.replace(GOAL, reign=Reign(2, "c-1", "n", LINUX2, "boot"))


def pursued(goal: Goal | None) -> GroupState:
    return dataclasses.replace(QUIET, goal=goal)


def test_each_phase_counts_from_the_one_before_and_the_first_from_the_last_word():
    timeline = Timeline()
    timeline.note(QUIET, 101.0, 1.0)
    timeline.note(pursued(GOAL), 101.5, 1.5)
    timeline.note(pursued(GOAL), 102.5, 2.5)
    timeline.note(pursued(ORDERED), 103.25, 3.25)
    timeline.note(QUIET, 103.5, 3.5)
    assert timeline.told(104.0) == (
        "failover to linux2 took 4.00 s: detect 1.50 s, prove 1.75 s, promote 0.25 s, start 0.50 s"
    )


def test_it_is_told_once():
    timeline = Timeline()
    for state, at in ((pursued(GOAL), 1.0), (pursued(ORDERED), 2.0), (QUIET, 3.0)):
        timeline.note(state, at, None)
    assert timeline.told(4.0) is not None
    assert timeline.told(5.0) is None


def test_a_goal_that_was_given_up_moved_nothing():
    timeline = Timeline()
    timeline.note(pursued(GOAL), 1.0, 1.0)
    timeline.note(QUIET, 30.0, None)
    assert timeline.told(31.0) is None
