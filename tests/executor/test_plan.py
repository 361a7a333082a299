"""A plan foretells what a run does, changes nothing, and never guesses."""

import copy

import pytest

from orchestrator.errors import InvariantViolated
from orchestrator.executor.foreseen import Foreseen
from orchestrator.executor.foretell import Foreteller
from orchestrator.executor.plan import WORDS, changes, lines_of
from orchestrator.executor.progress import StepEnded
from orchestrator.model import Outcome, Status
from orchestrator.playbooks import library
from orchestrator.playbooks.module import POWER_READ
from orchestrator.transport import Done, Request
from orchestrator.transport.read_only import READS, ReadOnlyTransport
from remote_helpers.operations import TABLE
from tests.executor.runs import NEEDED, Stage, shipped
from tests.support.builders import LINUX1, LINUX2, a_group
from tests.support.servers import InMemoryServers

LATER = "decided when it runs"
CHANGE, NOTHING = "would change", "would change nothing"


def would(plan):
    return {step.id: step.would for step in plan.steps()}


def on_source(*tasks):
    return "- hosts: source\n  tasks:\n" + "".join(f"    - {task}\n" for task in tasks)


@pytest.mark.parametrize("active", [LINUX1, None])
@pytest.mark.parametrize("name", [file.name for file in library.find_all(None)])
async def test_a_run_of_a_shipped_playbook_does_what_was_foretold(name, active, tmp_path):
    group = a_group()
    servers = InMemoryServers(group, active=active)
    stage = Stage(group=group, servers=servers, directory=tmp_path)
    before = copy.deepcopy(servers.servers)

    plan = await stage.foresee(shipped(name), variables=NEEDED.get(name, {}))

    assert servers.servers == before
    assert servers.log == []
    foretold = {step.id: step for step in plan.steps()}
    result = await stage.play(shipped(name), variables=NEEDED.get(name, {}))
    ended = {one.step: one for one in stage.progress if isinstance(one, StepEnded)}
    sure = {
        step: one.would for step, one in foretold.items() if one.would != LATER and not one.assumes
    }
    assert sure
    assert {step: WORDS[ended[step].outcome.status] for step in sure} == sure
    assert {*plan.failures} == {*result.failures}


async def test_a_condition_that_shows_later_is_never_guessed(stage):
    plan = await stage.foresee(
        on_source(
            "command: /usr/bin/look",
            "{command: /usr/bin/look, register: seen}",
            "{name: Maybe, command: /usr/bin/act, when: seen.rc == 0}",
            "{name: Also maybe, fail: {msg: x}, when: seen is failed}",
            "{name: Or this, debug: {msg: '{{ seen.stdout }}'}}",
            "{name: And this, set_fact: {word: '{{ seen.stdout }}'}}",
            "{name: And what follows, debug: {msg: x}, when: word is defined}",
            "{name: But not this, debug: {msg: x}, when: inventory_hostname == target}",
        )
    )

    assert [step.would for step in plan.steps()] == [LATER] * 7 + ["would be skipped"]
    assert stage.servers.log == []


async def test_what_the_author_says_of_a_command_is_foretold(stage):
    plan = await stage.foresee(
        on_source(
            "{command: hostname, register: name, changed_when: false}",
            "{debug: {msg: hello}, when: name is changed}",
            "{debug: {msg: hello}, when: name.stdout == 'linux1'}",
        )
    )

    assert [step.would for step in plan.steps()] == [NOTHING, "would be skipped", LATER]


async def test_a_handler_is_foretold_as_sure_as_what_notifies_it(stage):
    playbook = """
- hosts: source
  handlers:
    - {name: sure, debug: {msg: x}}
    - {name: perhaps, debug: {msg: x}}
    - {name: stopped twice, debug: {msg: x}}
  tasks:
    - {flow: stopped, notify: sure}
    - {command: /usr/bin/act, notify: perhaps}
    - {name: Again, flow: stopped, notify: stopped twice}
"""
    plan = await stage.foresee(playbook)

    found = {step.title: step for step in plan.steps()}
    assert found["sure"].would == NOTHING
    assert found["perhaps"].would == LATER
    assert found["perhaps"].message == "only if `command` changes something"
    assert found["stopped twice"].message == "only if `Again` changes something"


async def test_blocks_and_files_that_may_not_be_walked_are_left_open(tmp_path):
    group = a_group()
    stage = Stage(group=group, servers=InMemoryServers(group, active=LINUX1), directory=tmp_path)
    stage.files = {"one.yaml": "- command: one\n", "two.yaml": "- command: two\n"}
    plan = await stage.foresee(
        on_source(
            "{command: look, register: seen}",
            "{when: seen.rc == 0, block: [{name: inside, debug: {msg: x}}]}",
            "{name: files, include_tasks: '{{ seen.stdout }}.yaml'}",
            "{name: each, debug: {msg: '{{ item }}'}, loop: '{{ seen.stdout_lines }}'}",
            "{meta: end_play, when: seen.rc == 1}",
            "{name: behind, debug: {msg: x}}",
        )
    )

    assert {step.would for step in plan.steps()} == {LATER}
    assert [step.title for step in plan.steps()] == ["command", "inside", "files", "each", "behind"]


async def test_what_is_active_then_is_found_among_what_was_foretold(stage):
    moved = (
        shipped("switchover")
        + "\n- hosts: active\n  tasks:\n    - debug: {msg: '{{ inventory_hostname }}'}\n"
    )
    plan = await stage.foresee(moved)

    assert plan.plays[-1].servers == (LINUX2,)
    assert plan.plays[-1].tasks[0].steps[0].message == LINUX2


async def test_a_start_beside_what_runs_is_foretold_to_be_refused(stage):
    plan = await stage.foresee("- hosts: target\n  tasks:\n    - flow: {state: started}\n")

    assert [step.would for step in plan.steps()] == ["would fail"]
    assert "runs-on-peer" in plan.failures[LINUX2]


async def test_a_silent_server_is_unreachable_in_a_plan_and_its_rescue_is_walked(stage):
    stage.servers.servers[LINUX1].reachable = False
    plan = await stage.foresee(
        """
- hosts: source
  tasks:
    - block:
        - flow: stopped
      rescue:
        - debug: {msg: lost}
          when: source is unreachable
"""
    )

    assert [step.would for step in plan.steps()][-1] == NOTHING
    assert plan.failures == {}


async def test_what_comes_behind_a_command_says_so(stage):
    plan = await stage.foresee(
        on_source("{name: Upgrade, command: apt-get upgrade}", "flow: stopped")
    )

    assert {step.assumes for step in plan.steps() if "stop" in step.title} == {("Upgrade",)}


async def test_what_is_brought_up_before_a_start_is_foretold_too(stage):
    """Copies of data are connected right before they are promoted; a plan must not do that."""

    def bring(server, request):
        if request.op == "check" and request.args["op"] == "copies.bring":
            return Done(data={"would": "change", "detail": "not connected"}, took_s=0)
        return None

    stage.servers.hook = bring
    asking = ReadOnlyTransport(stage.servers)
    foreteller = Foreteller(Foreseen(asking, stage.charter(shipped("start")).reign), "web")
    request = Request(op="copies.bring", args={"resource": "r0"}, deadline_s=1)

    outcome = await foreteller.move(LINUX1, request, lambda _: Outcome(status=Status.OK))

    assert (outcome.status, outcome.message) == (Status.CHANGED, "not connected")
    assert stage.servers.log == []


async def test_a_foretold_state_leaves_what_else_is_seen_of_a_resource(stage):
    """A copy of the data that is stopped by then is still in sync."""

    def poll(server, request):
        if request.op != "poll":
            return None
        seen = {"state": "started", "detail": "", "data": {"kind": "drbd"}}
        return Done(data={"resources": {"database": seen}, "epoch": None, "facts": {}}, took_s=0)

    stage.servers.hook = poll
    then = Foreseen(ReadOnlyTransport(stage.servers), stage.charter(shipped("start")).reign)
    then.note(LINUX1, "database", "stopped")

    reply = await then.call(LINUX1, Request(op="poll", args={}, deadline_s=1))

    assert reply.data["resources"]["database"] == {
        "state": "stopped",
        "detail": "stopped by then",
        "data": {"kind": "drbd"},
    }
    assert reply.data["epoch"]["promised"] == 4


@pytest.mark.parametrize("flow_first", [True, False])
async def test_a_resource_is_the_same_thing_under_a_modules_name(stage, flow_first):
    """The flow takes the address away: what the module says of it now is not what will be."""
    steps = [
        "{name: Flow, flow: {state: stopped, resources: [address]}}",
        "{name: Module, ip: {address: 10.0.0.70/24, device: eth0, state: absent}}",
    ]

    def there(server, request):
        if request.op == "check" and request.args["args"]["type"] == "ip":
            return Done(data={"would": "change", "detail": "it is there"}, took_s=0)
        return None

    stage.servers.hook = there
    plan = await stage.foresee(on_source(*(steps if flow_first else reversed(steps))))

    assert [step.would for step in plan.steps()] == [CHANGE, LATER]


async def test_the_digest_is_of_what_would_be_done(stage):
    first = await stage.foresee(shipped("switchover"))
    again = await stage.foresee(shipped("switchover"))
    stage.servers.servers[LINUX1].states["address"] = "stopped"
    other = await stage.foresee(shipped("switchover"))

    assert first.digest == again.digest != other.digest
    assert changes(lines_of(first), lines_of(other)) == (
        "stop address on linux1, would change nothing; "
        "the plan said: stop address on linux1, would change",
    )


async def test_nothing_that_changes_a_server_passes_a_read_only_transport(stage):
    asking = ReadOnlyTransport(stage.servers)
    reign = stage.charter(shipped("stop")).reign
    for request in (
        Request(op="poll", args={}, deadline_s=1, reign=reign),
        Request(op="epoch.raise", args={}, deadline_s=1),
        Request(op="run", args={}, deadline_s=1),
        Request(op="something.new", args={}, deadline_s=1),
    ):
        with pytest.raises(InvariantViolated):
            await asking.call(LINUX1, request)
    assert isinstance(await asking.call(LINUX1, Request(op="poll", args={}, deadline_s=1)), Done)


NEITHER = {
    "epoch.raise",  # writes the promise
    "port.hear",
    "port.knock",  # sends datagrams
    "copies.listen",
    *("guard.start", "guard.say", "guard.listen", "guard.answer", "guard.stop"),
}
"""Operations that carry no reign and are still not for a plan."""


def test_of_each_operation_it_is_known_whether_it_only_looks():
    """A new one that is in neither list would be refused in a plan, and nobody would know why."""
    looking = {name for name, one in TABLE.items() if not one.mutates}

    assert looking == READS - {POWER_READ} | NEITHER


async def test_a_task_that_is_only_to_be_checked_does_nothing_in_a_run(stage):
    """Ansible's `check_mode: true`: said, not done."""
    result = await stage.play(
        on_source(
            "{name: Look, flow: stopped, check_mode: true, register: said}",
            "{name: Run, command: /usr/bin/act, check_mode: true, register: ran}",
            "assert: {that: [said is changed, ran is skipped]}",
        )
    )

    assert result.failures == {}
    assert stage.servers.log == []
    ended = [one.outcome.status for one in stage.progress if isinstance(one, StepEnded)]
    assert ended == [Status.CHANGED] * 3 + [Status.SKIPPED, Status.OK]
