"""Copies that do not come together for a reason other than a split brain, and what is said then."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab import addresses
from tests.lab.kernel import drbd, fixtures
from tests.lab.kernel.lab import KernelLab
from tests.live.data import ONE, TWO, DataSite, prepare
from tests.live.site import until

pytestmark = [pytest.mark.unproven, pytest.mark.kernel_lab, pytest.mark.mission("A10")]
FILE = f"/etc/drbd.d/{drbd.RESOURCE}.res"


@pytest.fixture(scope="module")
def lab() -> Iterator[KernelLab]:
    with fixtures.a_lab() as made:
        prepare(made)
        yield made


@pytest.fixture
def site(lab: KernelLab, tmp_path: Path) -> Iterator[DataSite]:
    one = DataSite(lab, tmp_path)
    for server in addresses.SERVERS:
        lab.run(server, ["cp", FILE, "/root/before.res"])
    yield one
    for server in addresses.SERVERS:
        lab.shell(server, f"cp /root/before.res {FILE}; drbdadm adjust {drbd.RESOURCE}")
    one.whole_again()


def change(site: DataSite, server: str, what: str) -> None:
    site.kernel.shell(
        server,
        f"drbdadm disconnect {drbd.RESOURCE} 2>/dev/null || true; {what}; "
        f"drbdadm adjust {drbd.RESOURCE}",
    )


@pytest.mark.parametrize(
    ("change_one", "change_two", "why"),
    [
        (
            "sed -i 's/net {/net { cram-hmac-alg sha1; shared-secret one;/' " + FILE,
            "sed -i 's/net {/net { cram-hmac-alg sha1; shared-secret two;/' " + FILE,
            "authentication",
        ),
        (
            "true",
            f"sed -i 's/protocol C/protocol A/' {FILE}",
            "incompatible",
        ),
    ],
)
def test_the_reason_is_read_from_the_kernel(
    site: DataSite, change_one: str, change_two: str, why: str
):
    site.serve()
    change(site, ONE, change_one)
    change(site, TWO, change_two)
    until(lambda: f"StandAlone ({why})" in site.problems(), f"{why} is said", 60)
    refused = site.hasys("switchover", "web")

    assert refused.code == 3
    assert "data-not-in-sync" in refused.err
    assert site.states(ONE)["copies"] == "started"


def replace_disk(site: DataSite, server: str, share: int) -> None:
    """By one that has only that part of the old one's size; nothing is on it."""
    site.kernel.shell(
        server,
        f"drbdadm down {drbd.RESOURCE}; size=$(blockdev --getsz /dev/ubdb); "
        f'table="0 $((size / {share})) linear /dev/ubdb 0"; '
        'dmsetup suspend data; dmsetup load data --table "$table"; dmsetup resume data; '
        "dd if=/dev/zero of=/dev/mapper/data bs=1M count=4 2>&1; "
        f"drbdadm create-md --force {drbd.RESOURCE} 2>&1",
    )


def test_a_disk_that_is_too_small_is_said(site: DataSite):
    site.serve()
    replace_disk(site, TWO, share=2)
    too_small = site.play("resync")
    refused = site.hasys("switchover", "web")
    replace_disk(site, TWO, share=1)
    site.done("play", "web", "resync")

    assert too_small.code == 1
    assert "(incompatible)" in too_small.out + too_small.err
    assert refused.code == 3
    assert "data-not-in-sync" in refused.err
    site.in_sync()
