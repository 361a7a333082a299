"""A server or an author that says what nobody understands: a failure with its place, no crash."""

import pytest

from orchestrator.model import Status
from orchestrator.store.journal import RunState
from orchestrator.transport import Done, Failed, FailureKind
from tests.executor.runs import ControllerDied
from tests.support.builders import LINUX1, LINUX2


def on_source(*tasks):
    return "- hosts: source\n  tasks:\n" + "".join(f"    - {task}\n" for task in tasks)


def answering(op, data):
    return lambda _server, request: Done(data=data, took_s=0) if request.op == op else None


async def test_an_answer_without_what_was_asked_for_is_a_failure_of_that_step(stage):
    stage.servers.hook = answering("resource.stop", {"changed": True})

    result = await stage.play(
        on_source("{ip: {address: 10.0.0.99/24, device: eth0, state: absent}}")
    )

    assert result.failures[LINUX1].result["kind"] == "odd-answer"
    assert result.failures[LINUX1].message.startswith("the answer cannot be read: ")


@pytest.mark.parametrize("word", ["perhaps", None])
async def test_a_check_that_says_nothing_useful_foretells_nothing(stage, word):
    stage.servers.hook = answering("check", {"would": word})

    plan = await stage.foresee(on_source("{command: act}"))

    (step,) = plan.steps()
    assert step.would == "decided when it runs"
    assert step.message.startswith("the answer to its check cannot be read: ")


async def test_a_check_that_fails_is_foretold_as_a_failure(stage):
    refused = Failed(kind=FailureKind.FAILED, message="there is no such user")
    stage.servers.hook = lambda _server, request: refused if request.op == "check" else None

    plan = await stage.foresee(on_source("{command: act}"))

    assert [(one.would, one.message) for one in plan.steps()] == [
        ("would fail", "there is no such user")
    ]


@pytest.mark.parametrize(
    ("kind", "reason"), [(FailureKind.BUSY, "blocked"), (FailureKind.FAILED, "not-registered")]
)
async def test_where_the_epoch_cannot_be_raised_no_step_is_done(stage, kind, reason):
    held = Failed(kind=kind, message="a step of an older run hangs")
    stage.servers.hook = lambda server, request: (
        held if (server, request.op) == (LINUX2, "epoch.raise") else None
    )

    result = await stage.play(on_source("{command: act}"))

    assert [one.reason.value for one in result.refusals] == [reason]
    assert "linux2 does not take epoch 4: a step of an older run hangs" in str(result.refusals)
    assert stage.servers.log == []


@pytest.mark.parametrize(
    ("task", "words"),
    [
        (
            "{command: act, environment: '{{ given }}'}",
            "'environment' must be a mapping of names to values",
        ),
        (
            "{file: {path: /x, state: absent}, become: true, become_user: kim}",
            "'become_user' does not go with file: it acts as root",
        ),
        ("{command: act, delegate_to: '{{ given }}'}", "this run may not touch 'elsewhere'"),
        ("{debug: {msg: x}, changed_when: nothing == 1}", "'nothing' is undefined"),
        ("{block: [{command: act}], when: nothing == 1}", "'nothing' is undefined"),
        ("{include_tasks: '{{ nothing }}.yaml'}", "'nothing' is undefined"),
        ("{include_tasks: '{{ given }}.yaml'}", "elsewhere.yaml is none of the files read: one"),
        ("{include_tasks: one.yaml, loop: '{{ given }}'}", "'loop' needs a list, not str"),
    ],
)
async def test_what_an_author_wrote_and_nobody_understands_does_nothing(stage, task, words):
    stage.files = {"one.yaml": "- command: one\n"}

    result = await stage.play(on_source(task), variables={"given": "elsewhere"})

    assert words in result.failures[LINUX1].message
    assert stage.servers.log == []


async def test_who_cannot_be_understood_has_not_said_that_errors_are_ignored(stage):
    said = await stage.play(on_source("{fail: {msg: x}, ignore_errors: '{{ yes_or_no }}'}"))

    assert said.failures[LINUX1].message == "x"


@pytest.mark.parametrize(("word", "state"), [(True, RunState.DONE), (False, RunState.FAILED)])
async def test_whether_errors_are_ignored_may_be_a_variable(stage, word, state):
    play = on_source("{fail: {msg: x}, ignore_errors: '{{ lenient }}'}")

    assert (await stage.play(play, variables={"lenient": word})).state is state


async def test_a_cut_step_whose_check_cannot_be_asked_is_left_as_it_is(stage):
    """Whether a file is there is asked of the server; one that does not answer has told nothing."""
    play = on_source("{command: {cmd: /usr/bin/pay, creates: /paid}}")
    with pytest.raises(ControllerDied):
        await stage.play(play, cut_after=1)

    def silent(server, request):
        if request.op == "check":
            stage.servers.servers[server].reachable = False
            return Failed(kind=FailureKind.FAILED, message="the helper is gone")
        return None

    stage.servers.hook = silent
    result = await stage.play(play)

    assert result.failures[LINUX1].status is Status.FAILED
    assert "not repeated blindly (the helper is gone)" in result.failures[LINUX1].message
    assert stage.servers.log == []


async def test_a_cut_step_on_a_server_that_is_silent_now_is_unreachable_not_failed(stage):
    play = on_source("{command: {cmd: /usr/bin/pay, creates: /paid}}")
    with pytest.raises(ControllerDied):
        await stage.play(play, cut_after=1)
    stage.servers.servers[LINUX1].reachable = False

    result = await stage.play(play)

    assert result.failures[LINUX1].status is Status.UNREACHABLE
    assert stage.servers.log == []


async def test_a_command_runs_as_the_user_that_the_task_becomes(stage):
    users = []

    def hook(_server, request):
        if request.op == "run":
            users.append(request.args.get("user"))

    stage.servers.hook = hook

    result = await stage.play(
        on_source(
            "{command: act, become: true, become_user: kim}",
            "{command: act, become: '{{ other }}', become_user: kim}",
        ),
        variables={"other": False},
    )

    assert result.failures == {}
    assert users == ["kim", None]


async def test_a_pause_takes_its_time_and_asks_nobody(stage):
    before = stage.clock.monotonic()
    stage.servers.hook = lambda _server, request: pytest.fail(request.op) if request.reign else None

    result = await stage.play(on_source("{pause: {seconds: 30}}"))

    assert result.state is RunState.DONE
    assert stage.clock.monotonic() - before >= 30


async def test_handlers_that_are_forced_run_after_a_failure_and_may_fail_too(stage):
    play = """
- hosts: group
  force_handlers: true
  handlers:
    - {name: tell, command: "tell {{ word }}"}
  tasks:
    - {command: act, notify: tell}
    - {fail: {msg: broken}, when: inventory_hostname == source}
"""
    result = await stage.play(play)

    assert result.failures[LINUX1].message == "broken"  # the first failure is the one to read
    assert "'word' is undefined" in result.failures[LINUX2].message
