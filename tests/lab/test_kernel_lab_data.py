"""Data on kernel labs: DRBD from its creation to a repaired split brain; disks that both see."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.lab import addresses, programs, rootfs
from tests.lab.checks import ONE, TWO, eventually
from tests.lab.kernel import drbd
from tests.lab.kernel.array import SharedArray
from tests.lab.kernel.lab import KernelLab
from tests.lab.kernel.writer import STORE_PORT, write_all_the_time
from tests.lab.witness import Thing, Witness

pytestmark = pytest.mark.kernel_lab
StepClock = Callable[[str], None]
NUMBERS = f"{drbd.MOUNT_POINT}/numbers"


@pytest.fixture
def replicated(kernel_lab: KernelLab) -> KernelLab:
    """Both secondary and in sync, with a file system on it."""
    if drbd.state(kernel_lab, ONE) is None:
        drbd.create(kernel_lab)
        drbd.make_file_system(kernel_lab, ONE)
        drbd.release(kernel_lab, ONE)
    return kernel_lab


def test_drbd_from_creation_to_a_repaired_split_brain(kernel_lab: KernelLab, step: StepClock):
    lab = kernel_lab
    drbd.create(lab)
    step("DRBD created on both, no first sync")
    drbd.make_file_system(lab, ONE)
    lab.shell(ONE, f"echo first > {drbd.MOUNT_POINT}/file")
    drbd.release(lab, ONE)
    step("primary, mkfs, mounted, written, released")
    drbd.take(lab, TWO)
    assert content(lab, TWO) == "first"
    step("switched to the other side")
    lab.power_off(TWO)
    drbd.wait_for(lab, ONE, lambda seen: seen.connection != "Connected")
    step("power cut seen by the peer")
    drbd.take(lab, ONE)
    assert content(lab, ONE) == "first"
    lab.shell(ONE, f"echo second > {drbd.MOUNT_POINT}/file; sync")
    step("taken over and written")
    lab.power_on(TWO)
    step("power on until ssh answers")
    drbd.start(lab, TWO)
    drbd.wait_for(lab, TWO, lambda seen: seen.in_sync)
    step("resynced")
    lab.cut_heartbeat(ONE)
    drbd.wait_for(lab, TWO, lambda seen: seen.connection != "Connected")
    step("cut seen")
    drbd.take(lab, TWO)  # nothing stops it here: that is how a split brain begins
    lab.shell(TWO, f"echo lost > {drbd.MOUNT_POINT}/file; sync")
    lab.shell(ONE, f"echo kept > {drbd.MOUNT_POINT}/file; sync")
    lab.join_heartbeat(ONE)
    drbd.wait_for(lab, ONE, lambda seen: seen.connection == "StandAlone")
    step("split brain made and noticed")
    drbd.repair_split_brain(lab, victim=TWO, survivor=ONE)
    step("split brain repaired")
    drbd.release(lab, ONE)
    drbd.take(lab, TWO)
    assert content(lab, TWO) == "kept"
    drbd.release(lab, TWO)
    step("switched once more")


def test_no_acknowledged_write_is_lost_with_power(replicated: KernelLab, step: StepClock):
    """By hand what the product must do by itself: one side dies, the other serves what it had."""
    lab = replicated
    with Witness(lab.description) as witness, write_all_the_time(lab.description) as writing:
        serve(lab, ONE)
        lab.run(ONE, ["sleep", "1"])
        lab.power_off(ONE)
        step("(served and cut)")
        drbd.wait_for(lab, TWO, lambda seen: seen.connection != "Connected")
        serve(lab, TWO)
        step("power cut to served by the other side")
        lab.run(TWO, ["sleep", "1"])
    kept = [int(line) for line in lab.run(TWO, ["cat", NUMBERS]).split()]
    stop_serving(lab, TWO)
    assert len(writing.acknowledged) > 10
    assert writing.lost(kept) == []
    assert writing.acknowledged[0].number in kept
    assert writing.longest_pause_s() > 0.5  # it did fail over meanwhile
    witness.timeline.assert_never_both()
    for server in (ONE, TWO):
        assert witness.timeline.spans(server, Thing.DATA)
        assert witness.timeline.spans(server, Thing.ADDRESS)
    lab.power_on(ONE)
    drbd.start(lab, ONE)
    drbd.wait_for(lab, ONE, lambda seen: seen.in_sync)


def test_a_failing_disk_is_given_up_and_the_service_goes_on(replicated: KernelLab):
    lab = replicated
    drbd.take(lab, ONE)
    lab.disk_error(ONE)
    lab.shell(ONE, f"echo still > {drbd.MOUNT_POINT}/file; sync")
    diskless = drbd.wait_for(lab, ONE, lambda seen: seen.disk == "Diskless")
    assert (diskless.role, diskless.peer_disk) == ("Primary", "UpToDate")
    assert content(lab, ONE) == "still"
    lab.disk_mend(ONE)
    lab.run(ONE, ["drbdadm", "attach", drbd.RESOURCE])
    drbd.wait_for(lab, ONE, lambda seen: seen.in_sync)
    drbd.release(lab, ONE)


def test_a_volume_group_on_the_shared_disk_belongs_to_one(kernel_lab: KernelLab):
    lab = kernel_lab
    folder = "/mnt/shared"
    lab.shell(
        ONE,
        "vgcreate --quiet shared /dev/ubdc; lvcreate --quiet --yes --size 64M --name data shared; "
        f"mkfs.ext4 -q /dev/shared/data; mkdir -p {folder}; mount /dev/shared/data {folder}; "
        f"echo hello > {folder}/file; umount {folder}",
    )
    with pytest.raises(programs.ProgramFailed, match="with system ID linux1"):
        lab.run(TWO, ["vgchange", "--activate", "y", "shared"])
    lab.shell(ONE, "vgchange --activate n shared; vgchange --yes --systemid linux2 shared")
    lab.shell(TWO, f"vgchange -ay shared; mkdir -p {folder}; mount /dev/shared/data {folder}")
    assert lab.run(TWO, ["cat", f"{folder}/file"]) == "hello\n"
    lab.shell(TWO, f"umount {folder}; vgchange --activate n shared")


def test_a_reservation_shuts_the_other_side_out(kernel_lab: KernelLab):
    lab = kernel_lab
    array = SharedArray(lab, rootfs.tree())
    array.start()
    disk = {server: array.connect(server) for server in addresses.SERVERS}

    def reserve(server: str, *arguments: str) -> None:
        lab.run(server, ["sg_persist", "--out", *arguments, "--prout-type=5", disk[server]])

    def write(server: str) -> None:
        to = f"of={disk[server]}"
        lab.run(server, ["dd", "if=/dev/zero", to, "bs=4k", "count=1", "oflag=direct"])

    for key, server in enumerate(addresses.SERVERS, start=1):
        reserve(server, "--register", f"--param-sark={key}")
    reserve(ONE, "--reserve", "--param-rk=1")
    write(ONE)
    reserve(TWO, "--preempt", "--param-rk=2", "--param-sark=1")
    with pytest.raises(programs.ProgramFailed):
        write(ONE)
    write(TWO)
    array.cut(TWO)
    reader = f"dd if={disk[TWO]} of=/dev/null bs=4k count=1 iflag=direct"
    lab.shell(TWO, f"systemd-run --quiet --unit=reader --collect {reader}; sleep 1")
    assert lab.run(TWO, ["systemctl", "is-active", "reader"]).strip() == "active"  # it waits
    array.join(TWO)
    ended = ["sh", "-c", "systemctl is-active reader || true"]
    assert eventually(lambda: lab.run(TWO, ended).strip() == "inactive", 20)
    write(TWO)


def content(lab: KernelLab, server: str) -> str:
    return lab.run(server, ["cat", f"{drbd.MOUNT_POINT}/file"]).strip()


def serve(lab: KernelLab, server: str) -> None:
    """Data, then the program that keeps numbers on it, then the address under which it is known."""
    drbd.take(lab, server)
    address = lab.description.service.address
    store = f"/usr/local/bin/lab-store --port {STORE_PORT} {NUMBERS}"
    lab.shell(
        server,
        f"systemd-run --quiet --unit=store {store}; "
        f"ip address add {address}/{addresses.PREFIX} dev eth0; "
        f"arping -U -c 1 -I eth0 {address} >/dev/null",
    )


def stop_serving(lab: KernelLab, server: str) -> None:
    address = lab.description.service.address
    remove = f"ip address del {address}/{addresses.PREFIX} dev eth0"
    lab.shell(server, f"{remove}; systemctl stop store")
    drbd.release(lab, server)
