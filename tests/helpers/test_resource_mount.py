"""Real file systems on loop devices, in a mount namespace of the test's own."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from remote_helpers.operation import OperationError
from remote_helpers.resources import mount
from tests.helpers.enclosed import a_context, enclosed, run

pytestmark = pytest.mark.usefixtures("root")

LABEL = f"hasys{os.getpid()}"


class Disk:
    """An ext4 file system on a loop device, and where it is to be mounted."""

    def __init__(self, folder: Path, label: str = LABEL) -> None:
        self.path = folder / "data"
        self.path.mkdir(exist_ok=True)
        image = folder / f"{label}.img"
        with image.open("wb") as file:
            file.truncate(8 << 20)
        run("mkfs.ext4", "-q", "-L", label, "-O", "^has_journal", str(image))
        self.device = run("losetup", "--find", "--show", str(image)).strip()

    def detach(self) -> None:
        run("losetup", "--detach", self.device)

    def spec(self, **fields: Any) -> dict[str, Any]:
        given = {"path": str(self.path), "device": self.device, "fstype": "ext4", "options": []}
        return given | fields


def with_disk(folder: Path, body: Callable[[Disk], None]) -> None:
    def inside() -> None:
        disk = Disk(folder)
        try:
            body(disk)
        finally:
            subprocess.run(["umount", "-q", "-l", disk.path], check=False)
            disk.detach()

    enclosed(inside)


def start(spec: dict[str, Any]) -> dict[str, Any]:
    return mount.start(a_context(), "data", spec)


def stop(spec: dict[str, Any], seconds: float = 10.0) -> dict[str, Any]:
    return mount.stop(a_context(seconds), "data", spec)


def check(spec: dict[str, Any]) -> dict[str, Any]:
    return mount.check(a_context(), "data", spec)


def refusal(action: Callable[[], Any]) -> str:
    with pytest.raises(OperationError) as caught:
        action()
    return str(caught.value)


def test_it_is_mounted_once_and_unmounted_once(tmp_path: Path):
    def body(disk: Disk) -> None:
        spec = disk.spec(options=["noatime"])
        answers = [check(spec), start(spec), start(spec), check(spec)]
        answers += [stop(spec), stop(spec), check(spec)]

        assert [(one["state"], one["changed"]) for one in answers] == [
            ("stopped", False),
            ("started", True),
            ("started", False),
            ("started", False),
            ("stopped", True),
            ("stopped", False),
            ("stopped", False),
        ]
        assert answers[1]["detail"] == f"{disk.device} on {disk.path} (ext4)"

    with_disk(tmp_path, body)


def test_a_device_is_found_by_its_label_or_uuid(tmp_path: Path):
    def body(disk: Disk) -> None:
        uuid = run("blkid", "-s", "UUID", "-o", "value", disk.device).strip()
        for device in (f"LABEL={LABEL}", f"UUID={uuid}"):
            assert start(disk.spec(device=device))["state"] == "started"
            assert stop(disk.spec(device=device))["state"] == "stopped"
        message = refusal(lambda: start(disk.spec(device="LABEL=nosuchlabel")))

        assert message == "no device has LABEL=nosuchlabel on this server"

    with_disk(tmp_path, body)


def test_a_file_system_without_a_device_and_a_bind_mount_are_recognised(tmp_path: Path):
    def body() -> None:
        memory, source, there = tmp_path / "memory", tmp_path / "source", tmp_path / "there"
        for folder in (memory, source, there):
            folder.mkdir()
        tmpfs = {"path": str(memory), "device": "tmpfs", "fstype": "tmpfs", "options": []}
        bound = {"path": str(there), "device": str(source), "fstype": "none", "options": ["bind"]}
        answers = [start(tmpfs), start(bound), check(tmpfs), check(bound), stop(tmpfs), stop(bound)]

        assert [one["state"] for one in answers] == ["started"] * 4 + ["stopped"] * 2

    enclosed(body)


def wrong_device(disk: Disk) -> None:
    run("mount", "-t", "tmpfs", "tmpfs", str(disk.path))


def read_only(disk: Disk) -> None:
    run("mount", "-o", "ro", disk.device, str(disk.path))


def stacked(disk: Disk) -> None:
    run("mount", "-t", "tmpfs", "tmpfs", str(disk.path))
    run("mount", disk.device, str(disk.path))


def without_options(disk: Disk) -> None:
    run("mount", disk.device, str(disk.path))


@pytest.mark.parametrize(
    ("done", "options", "seen"),
    [
        (wrong_device, [], "wanted {disk.device}; wanted type ext4"),
        (read_only, [], "read-only: the kernel does that after errors, see dmesg"),
        (stacked, [], "2 mounts are stacked there"),
        (without_options, ["noexec", "nosuid"], "without noexec,nosuid"),
    ],
)
def test_what_is_mounted_there_otherwise_is_a_failure_that_stop_ends(
    tmp_path: Path, done: Callable[[Disk], None], options: list[str], seen: str
):
    def body(disk: Disk) -> None:
        done(disk)
        spec = disk.spec(options=options)
        found = check(spec)
        message = refusal(lambda: start(spec))
        stopped = stop(spec)

        assert found["state"] == "failed"
        assert found["detail"].endswith("but " + seen.format(disk=disk))
        assert message.endswith("; stop it first")
        assert (stopped["state"], stopped["changed"]) == ("stopped", True)

    with_disk(tmp_path, body)


def test_read_only_is_right_where_it_is_wanted(tmp_path: Path):
    def body(disk: Disk) -> None:
        assert start(disk.spec(options=["ro"]))["state"] == "started"
        stop(disk.spec())

    with_disk(tmp_path, body)


def test_a_disk_mounted_elsewhere_is_not_free_for_the_other_server(tmp_path: Path):
    def body(disk: Disk) -> None:
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        run("mount", disk.device, str(elsewhere))
        found = check(disk.spec())
        message = refusal(lambda: stop(disk.spec()))
        run("umount", str(elsewhere))

        seen = f"{disk.device} is mounted on {elsewhere}, wanted on {disk.path}"
        assert (found["state"], found["detail"]) == ("failed", seen)
        assert message == f"unmounted {disk.path}, but {seen}"

    with_disk(tmp_path, body)


def test_who_keeps_it_busy_is_named(tmp_path: Path):
    def body(disk: Disk) -> None:
        start(disk.spec())
        (disk.path / "sub").mkdir()
        run("mount", "-t", "tmpfs", "tmpfs", str(disk.path / "sub"))
        holder = subprocess.Popen(["sleep", "60"], cwd=disk.path)
        try:
            message = refusal(lambda: stop(disk.spec(), 1.0))
        finally:
            holder.kill()
            holder.wait()
        run("umount", str(disk.path / "sub"))

        assert message.startswith(f"cannot unmount {disk.path}: ")
        assert f"held by {holder.pid} sleep (cwd), mounted below it: {disk.path}/sub" in message
        assert stop(disk.spec())["state"] == "stopped"

    with_disk(tmp_path, body)


def test_a_holder_that_is_just_ending_is_waited_for(tmp_path: Path):
    def body(disk: Disk) -> None:
        start(disk.spec())
        holder = subprocess.Popen(["sleep", "0.3"], cwd=disk.path)
        stopped = stop(disk.spec())
        holder.wait()

        assert stopped["state"] == "stopped"

    with_disk(tmp_path, body)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"path": "/nonexistent/data"}, "the mount point /nonexistent/data does not exist"),
        ({"device": "/dev/nosuchdisk"}, "/dev/nosuchdisk does not exist on this server"),
        ({"fstype": "xfs"}, "mounting {disk.device} on {disk.path} ended with 32: "),
    ],
)
def test_what_stands_in_the_way_of_a_mount_is_said(
    tmp_path: Path, fields: dict[str, str], said: str
):
    def body(disk: Disk) -> None:
        message = refusal(lambda: start(disk.spec(**fields)))

        assert message.startswith(said.format(disk=disk))
        assert check(disk.spec())["state"] == "stopped"

    with_disk(tmp_path, body)


def test_blanks_in_a_path_are_read_back(tmp_path: Path):
    def body() -> None:
        path = tmp_path / "a b\tc"
        path.mkdir()
        spec = {"path": str(path), "device": "tmpfs", "fstype": "tmpfs", "options": []}

        assert [start(spec)["state"], stop(spec)["state"]] == ["started", "stopped"]

    enclosed(body)
