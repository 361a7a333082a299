"""What is kept of a pair when another server takes the place of one of them."""

import dataclasses

import pytest

from orchestrator.daemon.exchange import check_known, exchanged, is_one
from orchestrator.errors import TheyError
from orchestrator.model import Group, Monotonic, Role, ServerName
from orchestrator.model.pairing import Pairing
from orchestrator.model.state import GroupState, History, Vote
from remote_helpers.protocol.words import Registration
from tests.support.builders import LINUX1, LINUX2, a_group

OURS = Registration(3, "c1", "i3")
LINUX3 = ServerName("linux3")
BOTH = frozenset({LINUX1, LINUX2})


def with_linux3() -> Group:
    group = a_group()
    first, second = group.servers
    return dataclasses.replace(group, servers=(first, dataclasses.replace(second, name=LINUX3)))


def full() -> GroupState:
    vote = Vote(
        registration=OURS,
        acknowledged=BOTH,
        exact=BOTH,
        chain=dict.fromkeys(BOTH, OURS),
        counters=dict.fromkeys(BOTH, 7),
    )
    roles = {LINUX1: Role.ACTIVE, LINUX2: Role.STANDBY}
    history = History(well_since=dict.fromkeys(BOTH, Monotonic(1.0)))
    return GroupState(vote=vote, history=history, roles=roles)


def test_the_server_that_stays_keeps_its_part_and_nobody_inherits_the_other():
    state = exchanged(full(), with_linux3())

    assert state.vote.acknowledged == {LINUX1}
    assert state.vote.chain == {LINUX1: OURS}
    assert state.vote.counters == {LINUX1: 7}
    assert state.roles == {LINUX1: Role.ACTIVE}
    assert set(state.history.well_since) == {LINUX1}


def test_another_order_of_the_same_servers_is_no_exchange():
    group = a_group()

    assert not is_one(group, dataclasses.replace(group, servers=tuple(reversed(group.servers))))
    assert not is_one(None, group)
    assert is_one(group, with_linux3())


def test_files_that_changed_while_no_daemon_ran_are_not_obeyed():
    """Nobody has asked linux1: it may live on the vote of linux2 while linux3 is promoted."""
    check_known(a_group(), full(), Pairing(keys=()))

    with pytest.raises(TheyError, match="linux2 is not in the files any more"):
        check_known(with_linux3(), full(), Pairing(keys=()))
