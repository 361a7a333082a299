"""A task that is done once for each item, or again until something holds: how it ends early."""

import pytest

from orchestrator.model import Status
from orchestrator.store.journal import RunState
from tests.executor.runs import titles
from tests.support.builders import LINUX1
from tests.support.servers import _done


def on_source(*tasks):
    return "- hosts: source\n  tasks:\n" + "".join(f"    - {task}\n" for task in tasks)


def counted(stage):
    return [line.removeprefix("ran ").removesuffix(" on linux1") for line in stage.servers.log]


@pytest.mark.parametrize(
    ("items", "words"),
    [
        ({"a": 1}, "'loop' needs a list, not dict; write `| dict2items` behind it"),
        ("word", "'loop' needs a list, not str"),
        (list(range(10_001)), "'loop' has 10,001 items; at most 10,000 are done"),
    ],
)
async def test_what_is_no_list_ends_the_task_before_its_first_item(stage, items, words):
    play = on_source("{command: act, loop: '{{ things }}'}")

    result = await stage.play(play, variables={"things": items})

    assert words in result.failures[LINUX1].message
    assert result.failures[LINUX1].message.startswith("test.yaml:3:")
    assert stage.servers.log == []


async def test_a_list_that_is_not_there_is_no_mistake_where_the_task_is_not_meant(stage):
    result = await stage.play(
        on_source("{command: act, loop: '{{ nowhere }}', when: inventory_hostname == target}")
    )

    assert result.state is RunState.DONE
    assert stage.servers.log == []


async def test_nor_does_a_condition_that_nobody_understands_hide_the_missing_list(stage):
    result = await stage.play(
        on_source("{command: act, loop: '{{ nowhere }}', when: nothing == 1}")
    )

    assert "'nowhere' is undefined" in result.failures[LINUX1].message


async def test_a_server_that_falls_silent_is_not_asked_for_every_item(stage):
    asked = []

    def hook(server, request):
        if request.op == "run":
            asked.append(request.args["argv"])
            stage.servers.servers[server].reachable = len(asked) < 2

    stage.servers.hook = hook

    result = await stage.play(on_source("{command: 'act {{ item }}', loop: [1, 2, 3, 4]}"))

    assert result.failures[LINUX1].status is Status.UNREACHABLE
    assert asked == [["act", "1"], ["act", "2"]]


async def test_a_break_that_nobody_understands_ends_the_loop_as_failed(stage):
    result = await stage.play(
        on_source(
            "{command: 'act {{ item }}', loop: [1, 2], loop_control: {break_when: itme == 1}}"
        )
    )

    assert "'itme' is undefined" in result.failures[LINUX1].message
    assert counted(stage) == ["act 1"]


async def test_a_plan_does_not_guess_where_a_loop_breaks_off(stage):
    """Of the items after the first nobody knows whether they have their turn."""
    plan = await stage.foresee(
        on_source(
            "{command: 'act {{ item }}', loop: [1, 2], register: did,"
            " loop_control: {break_when: did.stdout == 'enough'}}",
            "{debug: {msg: x}, when: did.results | length == 2}",
        )
    )

    assert [step.would for step in plan.steps()] == ["decided when it runs"] * 2


async def test_people_read_a_short_label_and_never_a_hidden_item(stage):
    await stage.play(
        on_source(
            "{command: act, loop: ['{{ \"x\" * 100 }}']}",
            "{command: act, loop: [1], loop_control: {label: '{{ nowhere }}'}}",
            "{command: act, loop: [secret], no_log: true}",
        )
    )

    labels = [one.item for one in stage.progress if getattr(one, "item", "")]
    shown = list(dict.fromkeys(labels))
    assert shown == ["x" * 57 + "...", "'nowhere' is undefined", "hidden by no_log"]


async def test_a_condition_of_until_is_tried_again_after_its_delay(stage):
    said = iter(["no", "no", "yes"])

    def hook(_server, request):
        if request.op == "run":
            stage.servers.log.append("asked")
            return _done({"rc": 0, "stdout": next(said), "stderr": "", "truncated": False})
        return None

    stage.servers.hook = hook
    before = stage.clock.monotonic()

    result = await stage.play(
        on_source(
            "{command: look, register: seen, until: seen.stdout == 'yes', retries: 5, delay: 7}",
            "{assert: {that: seen.attempts == 3}}",
        )
    )

    assert result.failures == {}
    assert stage.servers.log == ["asked"] * 3
    assert stage.clock.monotonic() - before >= 14


async def test_what_is_not_reached_is_a_failure_though_each_try_went_well(stage):
    result = await stage.play(
        on_source("{command: look, register: seen, until: seen.rc == 1, retries: 2, delay: 1}")
    )

    assert result.failures[LINUX1].message.startswith("not reached in 3 attempts")
    assert result.failures[LINUX1].result["attempts"] == 3
    assert counted(stage) == ["look"] * 3


async def test_retries_alone_try_until_it_does_not_fail(stage):
    codes = iter([1, 1, 0])

    def hook(_server, request):
        if request.op == "run":
            return _done({"rc": next(codes), "stdout": "", "stderr": "", "truncated": False})
        return None

    stage.servers.hook = hook

    result = await stage.play(on_source("{command: look, retries: 5, delay: 1}"))

    assert result.state is RunState.DONE
    assert list(codes) == []


async def test_a_server_that_falls_silent_is_not_tried_again(stage):
    asked = []

    def hook(server, request):
        if request.op == "run":
            asked.append(server)
            stage.servers.servers[server].reachable = len(asked) < 2
            return _done({"rc": 1, "stdout": "", "stderr": "", "truncated": False})
        return None

    stage.servers.hook = hook

    result = await stage.play(on_source("{command: look, retries: 5, delay: 1}"))

    assert result.failures[LINUX1].status is Status.UNREACHABLE
    assert asked == [LINUX1, LINUX1]


async def test_a_hidden_task_is_tried_again_by_what_it_said_all_the_same(stage):
    """The journal keeps nothing of it but whether it was reached."""
    said = iter(["no", "tr0ub4dor"])

    def hook(_server, request):
        if request.op == "run":
            return _done({"rc": 0, "stdout": next(said), "stderr": "", "truncated": False})
        return None

    stage.servers.hook = hook
    until = "register: seen, until: seen.stdout == 'tr0ub4dor', retries: 3, delay: 1, no_log: true"

    result = await stage.play(on_source(f"{{name: Ask, command: look, {until}}}"))

    assert result.state is RunState.DONE
    assert list(said) == []
    assert titles(stage, Status.CHANGED) == ["Ask on linux1"] * 2
    assert not any("tr0ub4dor" in str(one) for one in stage.progress)


async def test_an_until_that_nobody_understands_is_named_by_its_place(stage):
    result = await stage.play(on_source("{command: look, until: sene.rc == 0, retries: 3}"))

    assert result.failures[LINUX1].message.startswith("test.yaml:3:")
    assert "'sene' is undefined" in result.failures[LINUX1].message
    assert counted(stage) == ["look"]


async def test_a_plan_waits_for_nothing(stage):
    before = stage.clock.monotonic()

    plan = await stage.foresee(
        on_source("{command: look, register: seen, until: seen.rc == 1, retries: 9, delay: 60}")
    )

    assert [step.would for step in plan.steps()] == ["decided when it runs"]
    assert stage.clock.monotonic() - before < 60
