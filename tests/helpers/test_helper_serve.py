"""The main loop: whatever comes in, an answer or an orderly end, never a hang."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from remote_helpers import channel
from tests.helpers.session import REIGN, Session, session

BULLSEYE_OR_OLDER = "/usr/bin/python3"


@pytest.fixture
def helper(tmp_path: Path) -> Iterator[Session]:
    with session(tmp_path / "state") as one:
        yield one


def test_it_says_who_it_is(helper: Session):
    assert helper.hello["protocol"] == 1
    assert helper.hello["pid"] == helper.process.pid
    assert helper.hello["uid"] == os.getuid()
    assert len(helper.hello["digest"]) == 64


NO_REQUESTS = (
    b"nonsense",
    b"\xff\xfe",
    b"[]",
    b"3",
    b"null",
    b"{}",
    b'{"id": 1}',
    b'{"id": "x", "op": "ping", "deadline_s": 1}',
    b'{"id": 1, "op": 5, "deadline_s": 1}',
    b'{"id": 1, "op": [], "deadline_s": 1}',
    b'{"id": 1, "op": "no.such", "deadline_s": 1}',
    b'{"id": 1, "op": "ping"}',
    b'{"id": 1, "op": "ping", "deadline_s": "soon"}',
    b'{"id": 1, "op": "ping", "deadline_s": -1}',
    b'{"id": 1, "op": "ping", "deadline_s": true}',
    b'{"id": 1, "op": "facts", "args": [], "deadline_s": 1}',
    b'{"id": 1, "op": "cancel", "args": {}}',
    b'{"id": 1, "op": "cancel", "args": {"id": []}}',
    b'{"id": 1, "op": "run", "args": {"argv": ["true"]}, "deadline_s": 1}',
    b'{"id": 1, "op": "run", "args": {}, "deadline_s": 1, "reign": {"epoch": "x"}}',
    b"[" * 100000,
)


def test_what_is_no_request_is_refused_and_the_next_one_served(helper: Session):
    for line in NO_REQUESTS:
        helper.send(line + b"\n")

        reply = helper.receive()
        assert reply["ok"] is False, line
        assert reply["error"]["kind"] == "bad-request", line
    assert helper.call("ping", deadline_s=5)["ok"] is True


def test_a_line_that_is_too_long_is_thrown_away(helper: Session):
    helper.send(b"x" * (channel.LONGEST_LINE + 1000000) + b"\n")

    assert helper.receive()["error"]["kind"] == "bad-request"
    assert helper.call("ping")["ok"] is True


def test_requests_may_come_in_any_pieces(helper: Session):
    for byte in b'{"id": 1, "op": "ping", "deadline_s": 5}\n':
        helper.send(bytes([byte]))
    assert helper.receive()["id"] == 1

    helper.send(b"".join(b'{"id": %d, "op": "ping", "deadline_s": 5}\n' % n for n in range(2, 50)))
    assert [helper.receive()["id"] for _ in range(2, 50)] == list(range(2, 50))


def test_an_id_in_progress_is_not_used_twice(helper: Session):
    helper.raise_epoch()
    number = helper.ask("run", shell="sleep 30", reign=REIGN, deadline_s=30)
    helper.send(b'{"id": %d, "op": "ping", "deadline_s": 5}\n' % number)

    assert helper.receive()["error"]["kind"] == "bad-request"


def test_what_is_printed_by_mistake_does_not_get_between_the_replies(helper: Session):
    helper.raise_epoch()
    descriptors = Path(f"/proc/{helper.process.pid}/fd")
    channels = {
        str(each.readlink()) for each in descriptors.iterdir() if each.name not in ("0", "1", "2")
    }

    reply = helper.call("run", shell="readlink /proc/self/fd/*", reign=REIGN)

    assert channels.isdisjoint(
        name for name in reply["data"]["stdout"].split() if name.startswith("pipe:")
    ), "a child holds an end of the channel"
    assert str((descriptors / "0").readlink()) == "/dev/null"


def test_a_name_that_is_no_utf8_comes_as_text_that_a_store_takes(helper: Session):
    reply = helper.call("survey", programs=["/opt/\udcc7\udcd1"])

    assert reply["data"]["programs"] == {"/opt/??": None}


def test_an_operation_can_be_cancelled(helper: Session):
    helper.raise_epoch()
    number = helper.ask("run", shell="sleep 30", reign=REIGN, deadline_s=30)

    helper.ask("cancel", id=number)
    replies = [helper.receive(), helper.receive()]

    assert {"cancelled": True} in [reply.get("data") for reply in replies]
    (ended,) = [reply for reply in replies if reply["id"] == number]
    assert ended["error"]["kind"] == "cancelled"


def test_cancelling_what_has_ended_changes_nothing(helper: Session):
    number = helper.ask("ping")
    helper.receive()

    assert helper.call("cancel", id=number)["data"] == {"cancelled": False}


@pytest.mark.parametrize("way", ["end of stdin", "SIGTERM", "SIGHUP"])
def test_its_end_ends_its_children(helper: Session, way: str):
    helper.raise_epoch()
    helper.ask("run", shell="trap '' TERM; sleep 30 & sleep 30", reign=REIGN, deadline_s=30)
    me = psutil.Process(helper.process.pid)
    end = time.monotonic() + 5
    while len(children := me.children(recursive=True)) < 3:
        assert time.monotonic() < end

    assert helper.process.stdin is not None
    if way == "end of stdin":
        helper.process.stdin.close()
    else:
        helper.process.send_signal(signal.Signals[way])

    assert helper.process.wait(5) == 0
    _, alive = psutil.wait_procs(children, timeout=5)
    assert alive == []


def test_it_ends_when_nobody_reads_its_replies(helper: Session):
    assert helper.process.stdout is not None
    helper.process.stdout.close()

    helper.ask("ping")

    assert helper.process.wait(5) == 0


def test_a_start_that_is_cut_short_ends_it(tmp_path: Path):
    with session(tmp_path) as one:
        argv = one.process.args
    assert isinstance(argv, list)
    for sent in (b"", b"100\n", b"100\nabc", b"not a number\n", b"3\nabc"):
        done = subprocess.run(argv, input=sent, capture_output=True, timeout=10, check=False)
        assert done.returncode != 0 or done.stdout == b""


@pytest.mark.skipif(not Path(BULLSEYE_OR_OLDER).exists(), reason="no Python of the system here")
def test_it_runs_under_the_systems_python(tmp_path: Path):
    with session(tmp_path / "state", BULLSEYE_OR_OLDER) as one:
        assert one.raise_epoch()["ok"] is True
        assert one.call("facts")["ok"] is True


def test_an_answer_comes_at_the_deadline_whatever_the_operation_hangs_in(
    helper: Session, tmp_path: Path
):
    """A check that hangs in the kernel: here, a folder that answers nothing while it is frozen."""
    helper.raise_epoch()
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    (tmp_path / "state" / "db").mkdir()
    (tmp_path / "state" / "db" / "epoch.json").symlink_to(fifo)
    began = time.monotonic()

    reply = helper.call("epoch.read", group="db", deadline_s=0.2)

    assert reply["error"]["kind"] == "timed-out"
    assert time.monotonic() - began < 3
    assert helper.call("ping")["ok"] is True


def test_no_traceback_is_lost(helper: Session):
    reply = helper.call("resource.check", type="ip", name="address", spec={})

    assert reply["ok"] is False
    assert json.dumps(reply)


def test_a_killed_helper_leaves_no_zombie_lock(helper: Session, tmp_path: Path):
    helper.raise_epoch()
    helper.process.send_signal(signal.SIGKILL)
    helper.process.wait(5)

    with session(tmp_path / "state") as other:
        assert other.raise_epoch(epoch=4)["ok"] is True
