"""A mount is tried, named, repaired and freed: real file systems on loop and mapped devices."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from remote_helpers.operation import OperationError
from remote_helpers.resources import canary, mount
from tests.helpers.enclosed import a_context, run
from tests.helpers.test_resource_mount import Disk, check, refusal, start, stop, with_disk

pytestmark = [pytest.mark.usefixtures("root"), pytest.mark.mission("D5")]


def uuid_of(disk: Disk) -> str:
    return run("blkid", "-p", "-s", "UUID", "-o", "value", disk.device).strip()


def test_a_small_write_shows_that_the_disk_answers(tmp_path: Path):
    def body(disk: Disk) -> None:
        started = start(disk.spec(canary_s=5.0))

        assert started["state"] == "started"
        assert started["data"]["canary_s"] > 0
        assert (disk.path / canary.FILE_NAME).stat().st_size == 512
        assert started["data"]["size_bytes"] > started["data"]["free_bytes"] > 0
        assert started["data"]["inodes"] > started["data"]["inodes_free"] > 0

    with_disk(tmp_path, body)


def test_none_is_tried_where_none_is_wanted_or_could_be(tmp_path: Path):
    def body(disk: Disk) -> None:
        for fields in ({"canary_s": 0.0}, {"canary_s": 5.0, "options": ["ro"]}):
            started = start(disk.spec(**fields))
            stop(disk.spec())

            assert started["data"]["canary_s"] is None

    with_disk(tmp_path, body)


def test_a_full_disk_is_not_a_broken_one(tmp_path: Path):
    def body(disk: Disk) -> None:
        start(disk.spec())
        subprocess.run(
            ["cp", "/dev/zero", disk.path / "fill"], stderr=subprocess.DEVNULL, check=False
        )
        found = check(disk.spec(canary_s=5.0))

        assert found["state"] == "started"
        assert found["data"]["free_bytes"] == 0

    with_disk(tmp_path, body)


def test_a_write_that_fails_is_a_failure(tmp_path: Path):
    def body(disk: Disk) -> None:
        start(disk.spec())
        (disk.path / canary.FILE_NAME).mkdir()
        found = check(disk.spec(canary_s=5.0))

        assert found["state"] == "failed"
        assert f"a small write to {disk.path} failed" in found["detail"]

    with_disk(tmp_path, body)


@pytest.mark.parametrize("name", ["label", "uuid"])
def test_the_wrong_file_system_is_not_mounted(tmp_path: Path, name: str):
    def body(disk: Disk) -> None:
        message = refusal(lambda: start(disk.spec(**{name: "another"})))

        assert message.startswith("not mounted, it may be another file system: ")
        assert f"{name.upper()} is " in message
        assert message.endswith(", wanted another")
        assert check(disk.spec())["state"] == "stopped"

    with_disk(tmp_path, body)


def test_the_right_one_is_and_one_that_was_mounted_by_hand_is_seen_through(tmp_path: Path):
    def body(disk: Disk) -> None:
        right = disk.spec(uuid=uuid_of(disk))
        answers = [start(right), check(right), check(disk.spec(uuid="another"))]

        assert [one["state"] for one in answers] == ["started", "started", "failed"]
        assert "UUID is " in answers[2]["detail"]

    with_disk(tmp_path, body)


def test_it_is_repaired_before_it_is_mounted_where_that_is_safe(tmp_path: Path):
    def body(disk: Disk) -> None:
        run("debugfs", "-w", "-R", "set_super_value state 2", disk.device)  # errors were seen
        started = start(disk.spec(fsck=True))

        assert started["state"] == "started"
        assert "fsck mended" in started["detail"]

    with_disk(tmp_path, body)


def test_what_cannot_be_repaired_by_itself_is_not_mounted(tmp_path: Path):
    def body(disk: Disk) -> None:
        run("debugfs", "-w", "-R", "set_super_value state 2", disk.device)
        run("debugfs", "-w", "-R", "clri <2>", disk.device)  # the root directory is gone
        message = refusal(lambda: start(disk.spec(fsck=True)))

        assert message.startswith(f"fsck of {disk.device} ended with ")
        assert check(disk.spec())["state"] == "stopped"

    with_disk(tmp_path, body)


WILLING = "echo ready; exec sleep 60"
STUBBORN = "trap '' TERM; echo ready; while :; do sleep 60; done"


@contextlib.contextmanager
def busy_with(disk: Disk, script: str) -> Iterator[subprocess.Popen[bytes]]:
    """A program in that folder, begun only when it has said so: by then its trap is set."""
    with subprocess.Popen(
        ["sh", "-c", script], cwd=disk.path, stdout=subprocess.PIPE, start_new_session=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"ready\n"
        try:
            yield holder
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(holder.pid, signal.SIGKILL)


@pytest.mark.parametrize(
    ("busy", "command", "signalled"),
    [("terminate", WILLING, signal.SIGTERM), ("kill", STUBBORN, signal.SIGKILL)],
)
def test_who_keeps_it_busy_is_ended_by_policy(
    tmp_path: Path, busy: str, command: str, signalled: signal.Signals
):
    def body(disk: Disk) -> None:
        start(disk.spec())
        with busy_with(disk, command) as holder:
            stopped = stop(disk.spec(busy=busy), 20.0)

            assert holder.wait(20) == -signalled
        assert stopped["state"] == "stopped"
        assert f"ended for it: {holder.pid} " in stopped["detail"]

    with_disk(tmp_path, body)


def test_a_stubborn_one_outlives_a_gentle_policy_and_is_named(tmp_path: Path):
    def body(disk: Disk) -> None:
        start(disk.spec())
        with busy_with(disk, STUBBORN) as holder:
            message = refusal(lambda: stop(disk.spec(busy="terminate"), 4.0))

        assert f"{holder.pid} sh (cwd)" in message

    with_disk(tmp_path, body)


def test_a_policy_that_is_none_is_refused():
    spec = {"path": "/x", "device": "/dev/x", "fstype": "ext4", "busy": "shoot"}
    act: Callable[[], Any] = lambda: mount.check(a_context(), "data", spec)  # noqa: E731
    with pytest.raises(OperationError, match="busy is none of"):
        act()
