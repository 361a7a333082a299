"""A server that falls silent: an outcome that a playbook deals with, and what is known of it."""

import pytest

from orchestrator.executor.lost import LostServers
from orchestrator.model import Outcome, Status
from orchestrator.playbooks.module import SERVER_STATE
from orchestrator.store.journal import RunState
from tests.executor.runs import ControllerDied
from tests.support.builders import LINUX1, LINUX2

SILENT = Outcome(status=Status.UNREACHABLE, message="no answer in 5 s")
RESCUED = """
- hosts: source
  tasks:
    - block: [{command: x}]
      rescue: [{meta: noop}]
"""
AFTERWARDS = """
- hosts: target
  tasks:
    - name: Go on without it
      command: took-over {{ lost_servers[source].state | replace(' ', '-') }}
      when: source is unreachable
    - name: Say why
      debug: {msg: "{{ lost_servers[source].evidence }}"}
    - name: Nothing to do
      fail: {msg: it answers}
      when: source is not unreachable
"""


def proof(state, server=LINUX1):
    found = {"server": server, "state": state, "evidence": f"{state}, seen by the device"}
    return Outcome(status=Status.CHANGED, result={SERVER_STATE: found})


async def test_a_later_play_sees_that_the_server_is_lost_and_nothing_else_is_known(stage):
    stage.servers.servers[LINUX1].reachable = False

    result = await stage.play(RESCUED + AFTERWARDS)

    assert result.state is RunState.DONE
    assert stage.servers.log == ["ran took-over unknown on linux2"]
    assert result.lost[LINUX1].state.value == "unknown"


async def test_a_server_that_was_stopped_before_it_fell_silent_is_known_to_be_stopped(stage):
    stopped = """
- hosts: source
  tasks:
    - flow: stopped
    - command: the last word
"""

    def hook(server, request):
        if request.op == "run" and server == LINUX1:
            stage.servers.servers[LINUX1].reachable = False

    stage.servers.hook = hook

    result = await stage.play(stopped + RESCUED + AFTERWARDS)

    assert result.state is RunState.DONE
    assert stage.servers.log[-1] == "ran took-over stopped on linux2"
    assert "stopped on it and checked" in result.lost[LINUX1].evidence


async def test_always_runs_for_a_server_that_cannot_be_reached(stage):
    stage.servers.servers[LINUX1].reachable = False
    playbook = """
- hosts: source
  tasks:
    - block: [{command: x}]
      always: [{set_fact: {tidied: true}}]
"""

    result = await stage.play(playbook)

    assert result.failures[LINUX1].status is Status.UNREACHABLE
    assert result.state is RunState.FAILED


@pytest.mark.parametrize("state", ["stopped", "fenced", "lease expired"])
def test_a_proof_says_what_became_of_it_whenever_it_comes(state):
    before, after = LostServers(), LostServers()
    before.note(LINUX2, proof(state))
    before.note(LINUX1, SILENT)
    after.note(LINUX1, SILENT)
    after.note(LINUX2, proof(state))

    for lost in (before, after):
        assert lost.as_variable()[LINUX1] == {
            "state": state,
            "evidence": f"{state}, seen by the device",
        }


def test_a_proof_that_failed_proves_nothing():
    lost = LostServers()
    lost.note(LINUX1, SILENT)
    failed = Outcome(status=Status.FAILED, result=proof("fenced").result)
    lost.note(LINUX2, failed)

    assert lost.as_variable()[LINUX1]["state"] == "unknown"


def test_a_word_that_is_no_proof_that_we_know_proves_nothing():
    lost = LostServers()
    lost.note(LINUX1, SILENT)
    lost.note(LINUX2, proof("surely gone"))

    assert lost.as_variable()[LINUX1]["state"] == "unknown"


def test_what_was_started_since_is_no_longer_known_to_be_stopped():
    lost = LostServers()
    lost.note_stopped(LINUX1, "stopped and checked")
    lost.note_started(LINUX1)
    lost.note(LINUX1, SILENT)

    assert lost.as_variable()[LINUX1]["state"] == "unknown"


async def test_a_resumed_run_knows_what_the_first_process_knew(stage):
    stage.servers.servers[LINUX1].reachable = False
    with pytest.raises(ControllerDied):
        await stage.play(RESCUED + AFTERWARDS, cut_after=3)

    result = await stage.play(RESCUED + AFTERWARDS)

    assert "linux1" in result.lost
    assert "it answers" not in str(result.failures)
