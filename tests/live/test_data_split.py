"""Split brains made by force and repaired both ways; what is given up is kept, or that is said."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab import addresses
from tests.lab.kernel import drbd, fixtures
from tests.lab.kernel.identity import DATA_DEVICE
from tests.lab.kernel.lab import KernelLab
from tests.live.data import ONE, TWO, DataSite, lost_its_peer, prepare, wait_for_split_brain

pytestmark = [pytest.mark.kernel_lab, pytest.mark.mission("A10")]
VOLUME = "/dev/local/r0"
SIZE_MB = 24


@pytest.fixture(scope="module")
def lab() -> Iterator[KernelLab]:
    """DRBD on logical volumes, with room beside them."""
    with fixtures.a_lab() as made:
        for server in addresses.SERVERS:
            made.shell(
                server,
                # the mapped disk and the one under it show the same volume group
                "sed -i 's|^devices {|devices { global_filter = [ \"r/ubdb/\" ]|' "
                "/etc/lvm/lvmlocal.conf; "
                f"vgcreate --quiet local {DATA_DEVICE}; "
                f"lvcreate --quiet --yes --size {SIZE_MB}M --name r0 local; "
                f"sed -i 's|{DATA_DEVICE}|{VOLUME}|' /etc/drbd.d/{drbd.RESOURCE}.res",
            )
        prepare(made)
        yield made


@pytest.fixture
def site(lab: KernelLab, tmp_path: Path) -> Iterator[DataSite]:
    one = DataSite(lab, tmp_path)
    one.serve()
    yield one
    for server in addresses.SERVERS:
        lab.shell(server, "lvremove --yes local/r0-hasys-kept 2>/dev/null || true")
    one.whole_again()


def split(site: DataSite) -> None:
    """Both sides write while they do not see each other; then they meet again."""
    lab = site.kernel
    lab.cut_heartbeat(ONE)
    drbd.wait_for(lab, TWO, lost_its_peer)
    lab.shell(
        TWO,
        f"drbdadm primary {drbd.RESOURCE}; mount {drbd.DEVICE} {drbd.MOUNT_POINT}; "
        f"echo two > {drbd.MOUNT_POINT}/written-by; sync; "
        f"umount {drbd.MOUNT_POINT}; drbdadm secondary {drbd.RESOURCE}",
    )
    lab.shell(ONE, f"echo one > {drbd.MOUNT_POINT}/written-by; sync")
    lab.join_heartbeat(ONE)
    wait_for_split_brain(lab)


def written_by(site: DataSite, server: str) -> str:
    return site.on(server, "cat", f"{drbd.MOUNT_POINT}/written-by").strip()


@pytest.mark.mission("D6")
def test_it_is_seen_for_what_it_is_and_repaired_by_a_persons_word(site: DataSite):
    split(site)
    problems = site.problems()
    moved = site.hasys("switchover", "web")
    resynced = site.play("resync")
    nameless = site.play("split-brain-repair")
    repaired = site.done("play", "web", "split-brain-repair", "-e", f"victim={TWO}")

    assert "split brain: both copies were written to" in problems
    assert "StandAlone (split-brain)" in problems
    assert "refused (split-brain)" in moved.err
    assert resynced.code == 1
    assert "does not connect (split-brain)" in resynced.out + resynced.err
    assert "-e victim=linux1 or -e victim=linux2" in nameless.out + nameless.err
    assert "kept in local/r0-hasys-kept" in repaired.out
    assert site.copy(ONE).in_sync  # type: ignore[union-attr]
    assert written_by(site, ONE) == "one"


@pytest.mark.soak
def test_it_is_undone_and_repaired_the_other_way(site: DataSite):
    split(site)
    site.done("play", "web", "split-brain-repair", "-e", f"victim={TWO}")
    site.done("play", "web", "split-brain-undo", "-e", f"victim={TWO}")
    wait_for_split_brain(site.kernel)
    site.done("play", "web", "split-brain-repair", "-e", f"victim={ONE}")
    site.serve(TWO)

    assert written_by(site, TWO) == "two"
    site.in_sync()


@pytest.mark.soak
def test_a_kept_copy_that_ran_full_is_said_to_be_lost(site: DataSite):
    split(site)
    site.done("play", "web", "split-brain-repair", "-e", f"victim={TWO}")
    site.on(ONE, "sh", "-c", f"head -c 19M /dev/urandom > {drbd.MOUNT_POINT}/big; sync")
    site.in_sync()
    undone = site.play("split-brain-undo", "-e", f"victim={TWO}")
    site.on(ONE, "rm", f"{drbd.MOUNT_POINT}/big")

    assert undone.code == 1
    assert "ran full and is lost" in undone.out + undone.err


@pytest.mark.unproven
def test_where_nothing_can_be_kept_nothing_is_given_up_unasked(site: DataSite):
    lab = site.kernel
    lab.run(TWO, ["lvcreate", "--yes", "--extents", "100%FREE", "--name", "filler", "local"])
    split(site)
    asked = site.play("split-brain-repair", "-e", f"victim={TWO}")
    still = site.problems()
    done = site.done("play", "web", "split-brain-repair", "-e", f"victim={TWO}", "-e", "keep=false")
    lab.run(TWO, ["lvremove", "--yes", "local/filler"])

    assert asked.code == 1
    assert "no room to keep a copy" in asked.out + asked.err
    assert "split brain: both copies were written to" in still
    assert "kept in" not in done.out
    site.in_sync()
