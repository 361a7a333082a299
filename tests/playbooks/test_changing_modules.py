"""Modules that change a path or a unit: what they ask, and how they are taken back."""

import pytest

from orchestrator.model import NoUndo, Status, Undo
from orchestrator.playbooks.changing import put_back
from orchestrator.playbooks.modules import MODULES
from orchestrator.transport import Done, Request


def a_call(name, args):
    return MODULES[name].call(args, {}, 60.0)


def problems(name, args):
    return "; ".join(MODULES[name].problems(args))


def undo(name, args, **data):
    call = a_call(name, args)
    return MODULES[name].undo(call, Done(data=data, took_s=0.1))


@pytest.mark.parametrize(
    ("before", "made", "module", "args"),
    [
        ({"kind": "absent"}, "file", "file", {"path": "/x", "state": "absent"}),
        (
            {"kind": "absent"},
            "directory",
            "command",
            {"argv": ["rmdir", "--", "/x"], "removes": "/x"},
        ),
        (
            {"kind": "file", "content": "old", "mode": "0600", "owner": 0, "group": 5},
            "file",
            "copy",
            {"dest": "/x", "content": "old", "mode": "0600", "owner": "0", "group": "5"},
        ),
        (
            {"kind": "file", "same_content": True, "mode": "0600"},
            "file",
            "file",
            {"path": "/x", "mode": "0600"},
        ),
        (
            {"kind": "link", "src": "/y"},
            "link",
            "file",
            {"path": "/x", "state": "link", "src": "/y", "force": True},
        ),
        (
            {"kind": "directory", "empty": True, "mode": "0700"},
            "absent",
            "file",
            {"path": "/x", "state": "directory", "mode": "0700"},
        ),
    ],
)
def test_a_path_is_put_back_by_a_task_that_could_be_written(before, made, module, args):
    assert put_back("/x", before, made) == Undo(module=module, args=args)
    assert MODULES[module].problems(args) == ()


@pytest.mark.parametrize(
    "before", [{"kind": "file", "mode": "0600"}, {"kind": "directory", "empty": False}]
)
def test_what_was_not_kept_is_not_put_back_and_says_so(before):
    assert isinstance(put_back("/x", before, "absent"), NoUndo)


def test_a_unit_is_left_as_it_was():
    before = {"running": False, "enabled": "disabled", "masked": False}
    asked = {"name": "nginx", "state": "started", "enabled": True}

    assert undo("service", asked, before=before) == Undo(
        module="systemd", args={"name": "nginx", "state": "stopped", "enabled": False}
    )
    running = {**before, "running": True}
    again = undo("service", {"name": "nginx", "state": "restarted"}, before=running)
    assert isinstance(again, NoUndo)


def test_a_resource_in_a_task_is_taken_back_by_its_opposite():
    address = {"address": "192.0.2.7/24", "device": "eth0"}

    assert undo("ip", address) == Undo(module="ip", args={**address, "state": "absent"})
    mount = {"path": "/data", "src": "/dev/vdb", "fstype": "xfs", "state": "unmounted"}
    assert undo("mount", mount) == Undo(module="mount", args={**mount, "state": "mounted"})


def test_a_mount_asks_what_the_groups_own_would_ask():
    args = {"path": "/data/", "src": "/dev/vdb", "opts": "noatime,ro"}
    call = a_call("mount", args)

    assert MODULES["mount"].ask(call) == Request(
        op="resource.start",
        args={
            "type": "mount",
            "name": "/data",
            "spec": {
                "path": "/data/",
                "device": "/dev/vdb",
                "fstype": "auto",
                "options": ["noatime", "ro"],
            },
        },
        deadline_s=60.0,
    )
    assert MODULES["mount"].takes(call) == {"path:/data"}
    assert not MODULES["mount"].takes(a_call("mount", {**args, "state": "unmounted"}))


def test_only_a_start_of_a_unit_takes_it():
    start = a_call("service", {"name": "nginx", "state": "restarted"})
    enable = a_call("service", {"name": "nginx", "enabled": True})

    assert MODULES["service"].takes(start) == {"unit:nginx.service"}
    assert not MODULES["service"].takes(enable)
    reread = a_call("systemd", {"name": "nginx", "state": "started", "daemon_reload": True})
    assert MODULES["systemd"].touches(reread) is None, "other units' files are read, too"
    assert MODULES["systemd"].takes(reread) == {"unit:nginx.service"}
    assert MODULES["service"].taking(MODULES["service"].ask(start)).op == "unit.take"


def test_the_helpers_word_becomes_the_outcome():
    call = a_call("copy", {"dest": "/x", "content": "a"})
    diff = {"before": "", "after": "a", "what": "/x"}
    data = {"changed": True, "detail": "/x would be new", "result": {"dest": "/x"}, "diff": diff}

    outcome = MODULES["copy"].conclude(call, Done(data=data, took_s=0.1))

    assert outcome.status is Status.CHANGED
    assert outcome.result == {"dest": "/x"}
    assert outcome.diff.after == "a"


@pytest.mark.parametrize(
    ("name", "args", "message"),
    [
        ("copy", {"dest": "/x"}, "give either 'src' or 'content'"),
        ("copy", {"dest": "/x", "content": "", "mode": 644}, "644 is no mode; write '0644'"),
        ("copy", {"dest": "/x", "content": "", "mode": "u=q"}, "is no mode"),
        ("copy", {"dest": "/x", "content": "", "mode": "preserve"}, "needs 'remote_src'"),
        ("lineinfile", {"path": "/x"}, "argument 'line' is missing"),
        ("lineinfile", {"path": "/x", "line": "a", "backrefs": True}, "needs 'regexp'"),
        (
            "lineinfile",
            {"path": "/x", "line": "a", "insertafter": "b", "insertbefore": "c"},
            "give either 'insertafter' or 'insertbefore'",
        ),
        ("blockinfile", {"path": "/x", "marker": "# mine"}, "must hold {mark}"),
        ("file", {"path": "/x", "state": "link"}, "argument 'src' is missing"),
        ("file", {"path": "/x", "recurse": True}, "needs 'state: directory'"),
        ("find", {"paths": "/x", "age": "old"}, "'age': 'old' is no number with one of"),
        ("service", {"name": "x"}, "give 'state' or 'enabled'"),
        ("systemd", {"state": "started"}, "argument 'name' is missing"),
        ("ip", {"address": "192.0.2.1", "device": "eth0"}, "has no prefix"),
        ("ip", {"address": "192.0.2.300/24", "device": "eth0"}, "'address': "),
        ("process", {"name": "x", "start": "y"}, "by what is it known?"),
        ("script", {"cmd": "it's"}, "no script is named, or a quote is open"),
        ("set_role", {"role": "primary"}, "cannot be 'primary'"),
    ],
)
def test_arguments_that_do_not_go_together(name, args, message):
    assert message in problems(name, args)


def test_words_of_ansible_for_yes_are_understood():
    assert a_call("service", {"name": "x", "enabled": "yes"}).args["enabled"] is True
    assert a_call("service", {"name": "x", "enabled": "no"}).args["enabled"] is False


def test_a_script_that_need_not_run_is_skipped():
    call = a_call("script", {"cmd": "x.sh", "creates": "/x"})
    answer = Done(data={"not_run": "not run, since /x is there"}, took_s=0.1)

    assert MODULES["script"].conclude(call, answer).status is Status.SKIPPED
