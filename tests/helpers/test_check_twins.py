"""What an operation would do, asked of a real helper: it looks, and changes nothing."""

import pytest

from remote_helpers.operations import TABLE
from remote_helpers.resources import TYPES
from tests.helpers.session import REIGN, session

FILE = {
    "start": "touch {0}",
    "stop": "rm {0}",
    "check": "test -e {0} || exit 3",
}


@pytest.fixture
def helper(tmp_path):
    with session(tmp_path / "state") as one:
        yield one


def foresee(helper, op, **args):
    reply = helper.call("check", op=op, args=args)
    assert reply["ok"], reply
    return reply["data"]


def a_file(path):
    """A command resource that is started where the file is."""
    spec = {verb: line.format(path) for verb, line in FILE.items()}
    return {"type": "command", "name": "file", "spec": spec}


def test_a_start_and_a_stop_are_foretold_and_not_done(helper, tmp_path):
    path = tmp_path / "file"

    assert foresee(helper, "resource.start", **a_file(path))["would"] == "change"
    assert foresee(helper, "resource.stop", **a_file(path))["would"] == "nothing"
    assert not path.exists()
    path.touch()
    assert foresee(helper, "resource.start", **a_file(path))["would"] == "nothing"
    assert foresee(helper, "resource.stop", **a_file(path))["would"] == "change"
    assert path.exists()


def test_what_stands_in_the_way_of_a_start_is_foretold(helper, tmp_path):
    """The very words with which the start itself would fail."""
    mount = {"path": str(tmp_path / "nowhere"), "device": "/dev/null", "fstype": "ext4"}
    address = {"interface": "192.0.2.70/24", "device": "nodevice0"}

    for kind, spec in (("mount", mount), ("ip", address)):
        resource = {"type": kind, "name": "one", "spec": spec}
        said = foresee(helper, "resource.start", **resource)
        helper.raise_epoch()
        tried = helper.call("resource.start", reign=REIGN, **resource)

        assert said["would"] == "fail"
        assert said["detail"] == tried["error"]["message"]


def test_a_command_is_foretold_as_far_as_creates_and_removes_go(helper, tmp_path):
    done, ran = tmp_path / "done", tmp_path / "ran"
    command = {"shell": f"touch {ran}"}

    assert foresee(helper, "run", **command)["would"] == "unknown"
    assert foresee(helper, "run", **command, creates=str(done))["would"] == "unknown"
    assert foresee(helper, "run", **command, removes=str(done))["would"] == "nothing"
    done.touch()
    said = foresee(helper, "run", **command, creates=str(tmp_path / "do*"))
    assert said["would"] == "nothing"
    assert said["result"] == {"not_run": f"not run, since {tmp_path}/do* is there"}
    assert not ran.exists()


def test_what_need_not_run_is_not_run(helper, tmp_path):
    ran = tmp_path / "ran"
    helper.raise_epoch()

    reply = helper.call("run", reign=REIGN, shell=f"touch {ran}", creates=str(tmp_path))

    assert reply["data"] == {"not_run": f"not run, since {tmp_path} is there"}
    assert not ran.exists()


def test_each_type_of_resource_can_say_what_hinders_it():
    assert all(callable(kind.hindrance) for kind in TYPES.values())


def test_only_what_mutates_has_a_check():
    """Of what only looks, the answer itself is what would be."""
    assert {name for name, one in TABLE.items() if one.check and not one.mutates} == set()
