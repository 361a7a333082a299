"""How safe a group is, as it says of itself."""

import dataclasses

import pytest

from orchestrator.decision.safety import safety_of
from orchestrator.model import Mode, Safety
from orchestrator.model.state import GroupState, Policy, Vote
from remote_helpers.protocol.words import Registration
from tests.support.builders import LINUX1, LINUX2, a_group

BOTH = frozenset((LINUX1, LINUX2))
FULL = GroupState(vote=Vote(registration=Registration(1, "c1", "i1"), acknowledged=BOTH))


@pytest.mark.parametrize(
    ("policy", "safety"),
    [
        (Policy(fencing=BOTH, covered=False), Safety.FENCED),
        (Policy(fencing=frozenset((LINUX1,)), covered=True), Safety.LEASED),
        (Policy(covered=True), Safety.LEASED),
        (Policy(covered=False), Safety.LEASED_WITHOUT_RESET),
    ],
)
def test_it_is_as_safe_as_what_ends_a_lost_reign(policy, safety):
    assert safety_of(a_group(), FULL, policy) is safety


@pytest.mark.parametrize("mode", [Mode.OBSERVE, Mode.MAINTENANCE])
def test_in_another_mode_nothing_moves_by_itself(mode):
    state = dataclasses.replace(FULL, mode=mode)
    assert safety_of(a_group(), state, Policy(covered=True)) is Safety.MANUAL


def test_with_half_a_vote_nothing_moves_by_itself():
    vote = dataclasses.replace(FULL.vote, acknowledged=frozenset((LINUX1,)))
    state = dataclasses.replace(FULL, vote=vote)
    assert safety_of(a_group(), state, Policy(covered=True)) is Safety.MANUAL
