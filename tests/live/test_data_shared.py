"""A disk that both servers reach, with both of them trying."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab import addresses, programs, rootfs
from tests.lab.kernel import fixtures
from tests.lab.kernel.array import SharedArray
from tests.lab.kernel.lab import KernelLab
from tests.live.data import ONE, TWO
from tests.live.site import Site, until

pytestmark = [pytest.mark.kernel_lab, pytest.mark.mission("A5")]
FOLDER = "/mnt/shared"
DEVICE = "/dev/shared/data"


@pytest.fixture(scope="module")
def lab() -> Iterator[KernelLab]:
    with fixtures.a_lab() as made:
        yield made


class SharedSite(Site):
    """A volume group, a file system in it."""

    def __init__(self, lab: KernelLab, directory: Path, disk: str, *, reservation: bool) -> None:
        super().__init__(lab, directory)
        self.kernel = lab
        make = (
            f"vgcreate --quiet --yes shared {disk}; "
            "lvcreate --quiet --yes --wipesignatures n --size 32M --name data shared; "
            f"mkfs.ext4 -q -F {DEVICE}; vgchange --quiet --activate n shared"
        )
        lab.shell(ONE, make)
        for server in addresses.SERVERS:
            lab.run(server, ["mkdir", "-p", FOLDER])
        self.resources(
            {
                "array": {"disk": "shared", "reservation": reservation},
                "data": {"mount": FOLDER, "device": DEVICE, "fstype": "ext4", "after": ["array"]},
            }
        )

    def may(self, server: str, *argv: str) -> bool:
        try:
            self.kernel.run(server, argv)
        except programs.ProgramFailed:
            return False
        return True


def test_it_is_active_on_one_side_whoever_tries(lab: KernelLab, tmp_path: Path):
    site = SharedSite(lab, tmp_path, "/dev/ubdc", reservation=False)
    site.done("start", "web")
    site.on(ONE, "sh", "-c", f"echo hello > {FOLDER}/file")
    until(lambda: site.states(ONE) == {"array": "started", "data": "started"}, "it is seen", 30)
    other = {
        "started there": site.hasys("start", "web", "--on", TWO).code == 0,
        "activated by hand": site.may(TWO, "vgchange", "--activate", "y", "shared"),
    }
    site.done("switchover", "web")
    moved = site.on(TWO, "cat", f"{FOLDER}/file")
    back = site.may(ONE, "vgchange", "--activate", "y", "shared")
    site.done("stop", "web")

    assert other == {"started there": False, "activated by hand": False}
    assert moved == "hello\n"
    assert not back
    lab.shell(TWO, "vgremove --yes --force shared >/dev/null")


@pytest.mark.soak
def test_a_reservation_keeps_even_a_side_that_is_active_from_writing(
    lab: KernelLab, tmp_path: Path
):
    array = SharedArray(lab, rootfs.tree())
    array.start()
    disks = {server: array.connect(server) for server in addresses.SERVERS}
    site = SharedSite(lab, tmp_path, disks[ONE], reservation=True)

    def may_write(server: str) -> bool:
        to = f"of={disks[server]}"
        seek = "seek=16000"  # beyond what is used
        return site.may(server, "dd", "if=/dev/zero", to, "bs=4k", "count=1", seek, "oflag=direct")

    site.done("start", "web")
    first = (may_write(ONE), may_write(TWO))
    site.done("switchover", "web")
    second = (may_write(ONE), may_write(TWO))
    reserved = site.status()["servers"][1]["resources"]["array"]["data"]["reserved"]
    steal = ["sg_persist", "--out", "--register-ignore", "--param-sark=1", disks[ONE]]
    lab.run(ONE, steal)
    held = lab.run(TWO, ["sg_persist", "--in", "--read-reservation", disks[TWO]])
    key = held.split("Key=")[1].split()[0]
    preempt = ["--preempt", "--param-rk=1", f"--param-sark={key}", "--prout-type=5", disks[ONE]]
    lab.run(ONE, ["sg_persist", "--out", *preempt])
    until(lambda: "reservation of" in problems(site), "the lost reservation is noticed", 30)
    array.cut(TWO)
    until(lambda: "the path is lost" in problems(site), "the lost path is noticed", 60)
    array.join(TWO)

    assert first == (True, False)
    assert second == (False, True)
    assert reserved is True


def problems(site: SharedSite) -> str:
    return "\n".join(site.status()["problems"])
