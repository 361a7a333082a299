"""A copy that is down after a boot is connected by the loop; what somebody meant is not undone."""

from __future__ import annotations

import dataclasses

import pytest

from orchestrator.decision.intents import ConnectCopies, Decision
from orchestrator.model import Mode, ServerName
from remote_helpers.replication.words import Alone, Connection, Replication, Role, is_down
from tests.support.replicated_pair import BETA, ReplicatedPair, a_copy


def connected(decision: Decision) -> list[ServerName]:
    return [one.server for one in decision.intents if isinstance(one, ConnectCopies)]


def alone(why: Alone) -> Replication:
    return a_copy(Role.SECONDARY)._replace(connection=Connection.STAND_ALONE, alone=why)


@pytest.mark.parametrize(
    ("copy", "joined"),
    [
        (is_down("r0", "8.4.11"), [BETA]),
        (alone(Alone.NEVER_CONNECTED), [BETA]),
        (alone(Alone.OPERATOR), []),
        (alone(Alone.SPLIT_BRAIN), []),
        (a_copy(Role.SECONDARY), []),
    ],
)
def test_only_a_copy_that_nobody_connected_since_its_boot_is_connected(
    copy: Replication, joined: list[ServerName]
):
    pair = ReplicatedPair()
    pair.copies[BETA] = copy

    assert connected(pair.turn()) == joined


def test_nothing_is_connected_in_maintenance():
    pair = ReplicatedPair()
    pair.copies[BETA] = is_down("r0", "8.4.11")
    pair.state = dataclasses.replace(pair.state, mode=Mode.MAINTENANCE)

    assert connected(pair.turn()) == []


def test_nothing_is_connected_while_nobody_serves():
    pair = ReplicatedPair("seen alpha idle")
    pair.copies[BETA] = is_down("r0", "8.4.11")

    assert connected(pair.turn()) == []
