"""What a plan is told of a start in a guarded group: as the run would be, and nothing is begun."""

import pytest

from orchestrator.decision.facts import Facts
from orchestrator.decision.foresight import foreseen
from orchestrator.model import Reason, ServerName
from orchestrator.simulation.stage import Stage

SERVES = ("reign 1 alpha", "seen alpha reigning reign=1", "seen beta idle")
SILENT = ("seen alpha reigning reign=1 age=20", "seen beta idle peer_heard=20")


def told(server, *commands):
    stage = Stage()
    for line in commands:
        stage.command(line)
    before = stage.state
    facts = Facts(group=stage.group, policy=stage.policy, view=stage.view(), now=stage.now)
    found = foreseen(facts, stage.state, ServerName(server))
    assert stage.state == before
    return found


@pytest.mark.parametrize("server", ["alpha", "beta"])
def test_the_right_would_be_given_where_the_older_reign_can_end(server):
    """beta: the plan stops the service on alpha first, and foresees that itself."""
    assert told(server, *SERVES) is None


def test_what_the_server_itself_holds_may_be_stopped_before():
    assert told("beta", "seen alpha idle", "seen beta idle held=yes") is None


@pytest.mark.parametrize(
    ("commands", "reason", "words"),
    [
        ([*SERVES, "state superseded"], Reason.SUPERSEDED, "another controller"),
        ([*SERVES, "wish start alpha"], Reason.RUN_IN_PROGRESS, "a start to alpha is under way"),
        (["registered none", *SERVES], Reason.NOT_REGISTERED, "not registered on both"),
        ([*SERVES[:2], "seen beta idle age=20"], Reason.STANDBY_NOT_READY, "beta does not answer"),
        ([*SERVES, "state outdated beta"], Reason.DATA_OUT_OF_DATE, "acknowledged writes"),
        (["reign 1 alpha", *SILENT], Reason.SERVER_UNREACHABLE, "alpha: its guard does not"),
        (["reign 1 alpha solo", *SILENT], Reason.SERVER_UNREACHABLE, "a term without end"),
        (["seen beta idle"], Reason.SERVER_UNREACHABLE, "alpha: its guard does not answer"),
    ],
)
def test_what_stands_in_the_way_is_said_with_its_reason(commands, reason, words):
    refusal = told("beta", *commands)

    assert refusal.reason is reason
    assert words in refusal.evidence
    assert refusal.advice


def test_a_peer_that_was_fenced_does_not_stand_in_the_way():
    assert told("beta", "reign 1 alpha solo", *SILENT, "fenced alpha 1") is None
