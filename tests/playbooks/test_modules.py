"""Modules are pure: arguments in, a request or an outcome out."""

import pytest

from orchestrator.model import Outcome, Status, Verdict
from orchestrator.playbooks.module import CHANGES_NOTHING, Wait
from orchestrator.playbooks.modules import MODULES
from orchestrator.transport import Done, Request


def a_call(name, args, variables=None, deadline_s=60.0):
    return MODULES[name].call(args, variables or {}, deadline_s)


def prepare(name, args, variables=None, deadline_s=60.0):
    return MODULES[name].ask(a_call(name, args, variables, deadline_s))


def check(name, args):
    return MODULES[name].check(a_call(name, args))


def conclude(name, args, answer):
    return MODULES[name].conclude(a_call(name, args), answer)


def done(**data):
    return Done(data=data, took_s=0.1)


def test_the_table_names_each_module_by_its_own_name():
    assert list(MODULES) == sorted(module.name for module in MODULES.values())


def test_all_but_what_only_looks_carries_the_reign():
    looking = {name for name, module in MODULES.items() if not module.mutates}
    without_server = {"assert", "debug", "fail", "pause", "set_fact"}

    assert looking - without_server == {"find", "slurp", "stat"}


def test_command_splits_words_and_asks_to_run_them():
    request = prepare("command", {"cmd": "/bin/echo 'a b' c", "chdir": "/tmp", "user": "web"})

    assert request == Request(
        op="run",
        args={"argv": ["/bin/echo", "a b", "c"], "directory": "/tmp", "user": "web"},
        deadline_s=60.0,
    )


def test_command_takes_words_as_they_are():
    request = prepare("command", {"argv": ["/bin/echo", "a b", 3], "environment": {"N": 1}})

    assert request.args == {"argv": ["/bin/echo", "a b", "3"], "environment": {"N": "1"}}


def test_shell_is_not_split():
    assert prepare("shell", {"cmd": "ls | wc -l"}).args == {"shell": "ls | wc -l"}


def test_a_program_that_ended_well_may_have_changed_something():
    outcome = conclude("command", {"cmd": "x"}, done(rc=0, stdout="a\nb\n", stderr=""))

    assert outcome.status is Status.CHANGED
    assert outcome.result["stdout_lines"] == ["a", "b"]


def test_a_program_that_failed_says_what_it_said_last():
    outcome = conclude(
        "command",
        {"cmd": "/bin/grep x /nowhere"},
        done(rc=2, stdout="", stderr="first\nno such file\n"),
    )

    assert outcome.status is Status.FAILED
    assert outcome.message == "`/bin/grep x /nowhere` ended with exit code 2: no such file"
    assert outcome.result["rc"] == 2


def test_rendered_arguments_are_checked_again():
    with pytest.raises(ValueError, match="'port': 'http' is no whole number"):
        prepare("wait_for", {"port": "http"})


def test_braces_that_a_server_printed_are_no_excuse():
    with pytest.raises(ValueError, match=r"'port': '\{\{ x' is no whole number"):
        prepare("wait_for", {"port": "{{ x"})
    with pytest.raises(ValueError, match="No closing quotation"):
        prepare("command", {"cmd": "echo '{{ x"})
    assert prepare("shell", {"cmd": "docker ps --format '{{.Names}}'"}).op == "run"


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ({"msg": "hello"}, "hello"),
        ({"msg": {"a": [1]}}, '{"a": [1]}'),
        ({"var": "result.rc"}, "result.rc: 3"),
        ({}, "Hello world!"),
    ],
)
def test_debug(args, message):
    outcome = prepare("debug", args, {"result": {"rc": 3}})

    assert (outcome.status, outcome.message) == (Status.OK, message)


def test_debug_of_what_is_not_there():
    outcome = prepare("debug", {"var": "resutl"}, {"result": 1})

    assert outcome.status is Status.FAILED
    assert "did you mean result" in outcome.message


def test_fail():
    assert prepare("fail", {"msg": "no"}) == Outcome(status=Status.FAILED, message="no")


def test_assert_names_the_condition_that_does_not_hold():
    outcome = prepare("assert", {"that": ["n > 1", "n > 5"]}, {"n": 3})

    assert outcome.status is Status.FAILED
    assert outcome.message == "this does not hold: n > 5"
    assert outcome.result == {"assertion": "n > 5"}
    assert prepare("assert", {"that": "n > 1"}, {"n": 3}).status is Status.OK
    assert prepare("assert", {"that": False, "fail_msg": "never"}).message == "never"


@pytest.mark.parametrize(
    ("args", "seconds"),
    [({"seconds": 5}, 5.0), ({"seconds": "500ms"}, 0.5), ({"minutes": 2}, 120.0)],
)
def test_pause(args, seconds):
    wait = prepare("pause", args)

    assert isinstance(wait, Wait)
    assert wait.seconds == seconds


def test_set_fact():
    assert prepare("set_fact", {"a": [1]}).result == {"ansible_facts": {"a": [1]}}
    with pytest.raises(ValueError, match="'hostvars' is set by the run itself"):
        prepare("set_fact", {"hostvars": 1})


def test_flow_with_nothing_to_walk_is_done():
    assert prepare("flow", {"state": "started"}).status is Status.OK


def test_what_a_command_would_change_nobody_can_tell():
    asked = check("command", {"cmd": "/usr/bin/pay", "creates": "/paid"})

    assert asked == Request(
        op="check",
        args={"op": "run", "args": {"argv": ["/usr/bin/pay"], "creates": "/paid"}},
        deadline_s=60.0,
    )
    call = a_call("command", {"cmd": "/usr/bin/pay"})
    assert MODULES["command"].touches(call) is None
    assert not MODULES["command"].may_repeat(call)


def test_a_command_that_need_not_run_registers_what_ansible_does():
    outcome = conclude("command", {"cmd": "x"}, done(not_run="not run, since /paid is there"))

    assert outcome.status is Status.OK
    assert outcome.result["rc"] == 0
    assert outcome.result["stdout"] == "not run, since /paid is there"


def test_what_asks_only_changes_nothing_and_may_be_asked_again():
    for name, args in (("wait_for", {"port": 80}), ("uri", {"url": "http://a/"})):
        call = a_call(name, args)

        assert MODULES[name].check(call).verdict is Verdict.NOTHING
        assert MODULES[name].check(call).result is None
        assert MODULES[name].may_repeat(call)
    post = a_call("uri", {"url": "http://a/", "method": "POST"})
    assert MODULES["uri"].check(post).verdict is Verdict.UNKNOWN
    assert not MODULES["uri"].may_repeat(post)


def test_what_needs_no_server_is_known_before():
    assert check("fail", {"msg": "no"}).verdict is Verdict.FAIL
    assert check("set_fact", {"a": 1}).result == {"ansible_facts": {"a": 1}}
    assert check("pause", {"minutes": 2}).message == "waited 120 s"


@pytest.mark.parametrize("name", MODULES)
def test_each_module_says_what_a_plan_and_a_rollback_can_do(name):
    module = MODULES[name]

    assert module.foretold
    assert module.undone
    assert not module.mutates or module.undone != CHANGES_NOTHING or name == "wait_for"
