"""What a plan says of a step where an earlier one, or the author's own words, bear upon it."""

import pytest

from orchestrator.model import MountSpec, Status, SystemdSpec
from orchestrator.transport import Done
from tests.executor.runs import ControllerDied, Stage
from tests.support.builders import LINUX1, LINUX2, a_group, a_resource
from tests.support.servers import InMemoryServers

LATER = "decided when it runs"
CHANGE, NOTHING, FAIL = "would change", "would change nothing", "would fail"
LOOK = "{command: look, register: seen}"


def on_source(*tasks):
    return "- hosts: source\n  tasks:\n" + "".join(f"    - {task}\n" for task in tasks)


async def would(stage, *tasks):
    plan = await stage.foresee(on_source(*tasks))
    return [step.would for step in plan.steps()]


async def test_a_check_of_what_runs_changes_nothing_and_of_what_does_not_would_fail(stage):
    assert await would(stage, "{flow: {state: checked, resources: [database]}}") == [NOTHING]
    stage.servers.servers[LINUX1].states["database"] = "stopped"
    assert await would(stage, "{flow: {state: checked, resources: [database]}}") == [FAIL]


async def test_a_check_behind_a_command_is_never_foretold_to_fail(stage):
    """The command may be the very thing that mends it."""
    stage.servers.servers[LINUX1].states["database"] = "stopped"
    check = "{flow: {state: checked, resources: [database]}}"

    plan = await stage.foresee(on_source("{name: Mend, command: mend}", check))

    *_, last = plan.steps()
    assert last.would == LATER
    assert "as it is now it would fail" in last.message
    assert "`Mend` comes before it" in last.message


async def test_a_check_on_a_silent_server_is_unreachable_and_not_foretold_to_fail(stage):
    stage.servers.servers[LINUX1].reachable = False

    foretold = await would(stage, "{flow: {state: checked, resources: [database]}}")

    assert foretold == ["server is unreachable"]


async def test_a_play_for_the_standby_is_for_the_server_that_serves_not(stage):
    plan = await stage.foresee("- hosts: standby\n  tasks:\n    - debug: {msg: x}\n")

    assert plan.plays[0].servers == (LINUX2,)


async def test_nobody_can_tell_how_a_resource_is_after_a_flow_that_may_not_be_walked(stage):
    tasks = (
        LOOK,
        "{name: Maybe, flow: stopped, when: seen.rc == 0}",
        "{flow: {state: checked, resources: [database]}}",
        "{flow: {state: stopped, resources: [address]}}",
    )

    assert await would(stage, *tasks) == [LATER] * 4


async def test_a_play_for_whoever_is_active_then_is_left_open_where_that_shows_later(stage):
    play = on_source(LOOK, "{name: Maybe, flow: stopped, when: seen.rc == 0}")
    play += "- name: Then\n  hosts: active\n  tasks:\n    - command: act\n"

    plan = await stage.foresee(play)

    assert plan.failures == {}
    assert {(one.title, one.would) for one in plan.plays[-1].tasks[0].steps} == {("Then", LATER)}


async def test_a_play_for_a_role_that_nobody_has_is_foretold_as_a_failure(tmp_path):
    group = a_group()
    stage = Stage(group=group, servers=InMemoryServers(group), directory=tmp_path)

    plan = await stage.foresee("- hosts: active\n  tasks:\n    - command: act\n")

    assert list(plan.failures.values()) == ["no server is ACTIVE"]


async def test_a_move_that_would_fail_now_may_go_well_after_what_comes_before(stage):
    def missing(_server, request):
        if request.op == "check" and request.args["args"].get("name") == "address":
            return Done(data={"would": "fail", "detail": "there is no eth0"}, took_s=0)
        return None

    stage.servers.hook = missing
    stop = "{flow: {state: stopped, resources: [address]}}"

    assert await would(stage, stop) == [FAIL]
    plan = await stage.foresee(on_source("{name: Add eth0, command: add}", stop))
    *_, last = plan.steps()
    assert last.would == LATER
    assert "there is no eth0; but `Add eth0` comes before it" in last.message


@pytest.mark.parametrize(
    ("spec", "module"),
    [
        (SystemdSpec(unit="it"), "{service: {name: it, state: stopped}}"),
        (
            MountSpec(path="/srv", device="/dev/sdb1", fstype="ext4"),
            "{mount: {path: /srv, src: /dev/sdb1, fstype: ext4, state: unmounted}}",
        ),
    ],
)
async def test_a_flow_behind_a_module_that_touched_the_same_thing_is_not_guessed(
    tmp_path, spec, module
):
    group = a_group(a_resource("it", spec=spec))
    stage = Stage(group=group, servers=InMemoryServers(group, active=LINUX1), directory=tmp_path)

    def there(_server, request):
        if request.op == "check":
            return Done(data={"would": "change", "detail": "it is there"}, took_s=0)
        return None

    stage.servers.hook = there

    assert await would(stage, module, "{flow: stopped}") == [CHANGE, LATER]


@pytest.mark.parametrize(
    ("first", "then", "foretold"),
    [
        ("/srv", "/srv/site", LATER),
        ("/srv/site", "/srv", LATER),
        ("/srv", "/srv", LATER),
        ("/srv", "/srv2", CHANGE),
    ],
)
async def test_a_path_stands_for_all_below_it(stage, first, then, foretold):
    def there(_server, request):
        if request.op == "check":
            return Done(data={"would": "change", "detail": "it is there"}, took_s=0)
        return None

    stage.servers.hook = there
    tasks = [f"{{file: {{path: {path}, state: absent}}}}" for path in (first, then)]

    assert await would(stage, *tasks) == [CHANGE, foretold]


@pytest.mark.parametrize(
    ("words", "foretold"),
    [
        ("changed_when: true", CHANGE),
        ("changed_when: false", NOTHING),
        ("failed_when: true", FAIL),
        ("changed_when: false, failed_when: true", FAIL),
    ],
)
async def test_the_authors_words_of_a_task_that_only_says_something_are_taken(
    stage, words, foretold
):
    assert await would(stage, f"{{debug: {{msg: x}}, {words}}}") == [foretold]


async def test_a_failure_that_its_author_does_not_mind_is_none_in_a_plan(stage):
    assert await would(stage, "{fail: {msg: x}, failed_when: false}") == [NOTHING]


async def test_a_task_only_to_be_checked_is_only_said_after_a_cut_as_well(stage):
    play = on_source(
        "{flow: {state: checked, resources: [database]}, check_mode: true, register: said}",
        "{command: act, check_mode: true, register: ran}",
        "{assert: {that: [said is not changed, ran is skipped]}}",
    )
    for cut in (1, 3):
        with pytest.raises(ControllerDied):
            await stage.play(play, cut_after=cut)

    result = await stage.play(play)

    assert result.failures == {}
    assert stage.servers.log == []
    assert "only foretold, not done" in str(stage.progress)
    assert Status.SKIPPED in [
        one.outcome.status for one in stage.progress if hasattr(one, "outcome")
    ]
