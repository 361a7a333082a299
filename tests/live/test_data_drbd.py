"""Replicated data on real DRBD: what is acknowledged is kept, what is not whole is not promoted."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from orchestrator.config.load import load
from orchestrator.model import ServerName
from orchestrator.transport import Done, Request
from orchestrator.transport.ssh import SshTransport
from tests.lab.kernel import drbd, fixtures
from tests.lab.kernel.lab import KernelLab
from tests.lab.kernel.writer import write_all_the_time
from tests.lab.witness import Witness
from tests.live.data import (
    ONE,
    TWO,
    DataSite,
    lost_its_peer,
    prepare,
    slow_sync,
    wait_for_split_brain,
)
from tests.live.site import until

pytestmark = pytest.mark.kernel_lab


@pytest.fixture(scope="module")
def lab() -> Iterator[KernelLab]:
    with fixtures.a_lab() as made:
        prepare(made)
        yield made


@pytest.fixture
def site(lab: KernelLab, tmp_path: Path) -> Iterator[DataSite]:
    one = DataSite(lab, tmp_path)
    yield one
    one.whole_again()


@pytest.mark.mission("R3")
@pytest.mark.mission("D6")
@pytest.mark.mission("O4")
def test_from_down_on_both_to_a_move_without_a_lost_write(site: DataSite):
    started = site.serve()
    status = site.status()
    copies = {one["name"]: one["resources"]["copies"]["data"] for one in status["servers"]}
    with Witness(site.lab.description) as witness, write_all_the_time(site.lab.description) as sent:
        site.kernel.run(ONE, ["sleep", "1"])
        site.done("switchover", "web")
        site.kernel.run(TWO, ["sleep", "1"])

    assert "connect copies" in started.out
    assert status["problems"] == []
    assert (copies[ONE]["role"], copies[TWO]["role"]) == ("Primary", "Secondary")
    assert copies[ONE]["in_sync"]
    assert copies[TWO]["in_sync"]
    assert status["servers"][0]["resources"]["data"]["data"]["canary_s"] > 0
    witness.timeline.assert_never_both()
    assert len(sent.acknowledged) > 10
    assert sent.lost(site.kept(TWO)) == []


@pytest.mark.mission("R3")
def test_after_a_power_cut_nothing_starts_on_silence_and_nothing_is_lost(site: DataSite):
    site.serve()
    with write_all_the_time(site.lab.description) as sent:
        site.kernel.run(ONE, ["sleep", "1"])
        site.kernel.power_off(ONE)
        refused = site.hasys("start", "web", "--on", TWO)
        site.kernel.power_on(ONE)
        # what was under way when the power went is synced first: DRBD trusts the crashed side
        site.done("play", "web", "resync")
        site.serve(TWO)
        site.kernel.run(TWO, ["sleep", "1"])

    assert refused.code == 4
    assert "server-unreachable" in refused.err
    assert len(sent.acknowledged) > 10
    assert sent.lost(site.kept(TWO)) == []
    site.in_sync()


@pytest.mark.unproven
@pytest.mark.mission("A2")
@pytest.mark.mission("O4")
def test_nobody_moves_to_a_copy_that_is_still_being_synced(site: DataSite):
    site.serve()
    site.kernel.run(TWO, ["drbdadm", "disconnect", drbd.RESOURCE])
    site.on(ONE, "sh", "-c", f"head -c 12M /dev/urandom > {drbd.MOUNT_POINT}/big; sync")
    apart = site.problems()
    slow_sync(site.kernel)
    site.kernel.run(TWO, ["drbdadm", "connect", drbd.RESOURCE])
    site.wait(TWO, lambda seen: seen.connection == "SyncTarget")
    refused = site.hasys("switchover", "web")
    syncing = site.problems()
    site.kernel.power_off(ONE)  # in the middle of it
    site.kernel.cut_heartbeat(ONE)
    site.kernel.power_on(ONE)
    on_the_rest = site.hasys("start", "web", "--on", TWO)
    site.kernel.join_heartbeat(ONE)
    site.kernel.run(TWO, ["drbdadm", "adjust", drbd.RESOURCE])
    site.done("play", "web", "resync")

    assert "StandAlone (disconnected)" in apart
    assert refused.code == 3
    assert "data-not-in-sync" in refused.err
    assert "SyncTarget" in refused.err
    assert "s left" in refused.err
    assert "the copies are being synced" in syncing
    assert on_the_rest.code != 0
    assert "data-out-of-date" in on_the_rest.out + on_the_rest.err
    assert "Inconsistent/" in on_the_rest.out + on_the_rest.err
    site.in_sync()


@pytest.mark.mission("D5")
@pytest.mark.mission("D6")
def test_a_failing_disk_is_seen_and_the_service_moves_away_from_it(site: DataSite):
    site.serve()
    with write_all_the_time(site.lab.description) as sent:
        site.kernel.disk_error(ONE)
        site.wait(ONE, lambda seen: seen.disk == "Diskless")
        problems = site.problems()
        site.done("switchover", "web")
        site.kernel.run(TWO, ["sleep", "1"])
    back = site.hasys("switchover", "web")
    hopeless = site.play("resync")
    site.kernel.disk_mend(ONE)
    site.done("play", "web", "resync")
    site.in_sync()

    assert hopeless.code == 1
    assert "its disk cannot be attached" in hopeless.out + hopeless.err
    assert "only one copy is whole" in problems
    assert "Diskless/UpToDate" in problems
    assert sent.lost(site.kept(TWO)) == []
    assert "data-not-in-sync" in back.err


@pytest.mark.mission("D5")
def test_a_disk_that_hangs_is_found_by_a_small_write(site: DataSite):
    site.serve()
    site.kernel.disk_hang(ONE)
    try:
        until(lambda: "small write to /mnt/data hangs" in site.problems(), "hung I/O noticed", 60)
        states = site.states(ONE)
    finally:
        site.kernel.disk_mend(ONE)

    assert states["data"] == "failed"
    until(lambda: site.states(ONE)["data"] == "started", "the disk answers again", 60)


@pytest.mark.mission("D5")
def test_a_full_disk_is_said_and_what_did_not_fit_was_never_acknowledged(site: DataSite):
    site.serve()
    with write_all_the_time(site.lab.description) as sent:
        site.kernel.run(ONE, ["sleep", "1"])
        site.kernel.disk_full(ONE, drbd.MOUNT_POINT)
        problems = site.problems()
    kept = site.kept(ONE)
    site.kernel.disk_free(ONE, drbd.MOUNT_POINT)

    assert "data is full: 100 % of its space is used" in problems
    assert sent.lost(kept) == []


@pytest.mark.unproven
def test_a_standby_that_reboots_during_a_move_leaves_the_service_where_it_was(site: DataSite):
    site.serve()
    with site.begun("switchover", "web") as move:
        assert move.stdout is not None
        assert any("stop address" in line for line in move.stdout), "the stop has begun"
        site.kernel.power_off(TWO)
        ended = site.end_of(move, 120)
    site.kernel.power_on(TWO)
    site.serve(ONE)

    assert ended.code != 0
    assert site.states(ONE)["address"] == "started"


@pytest.mark.unproven
@pytest.mark.mission("D6")
def test_drbd_says_by_itself_that_something_changed(site: DataSite):
    site.serve()
    group = load(site.inventory).groups["web"]
    heard: list[str] = []

    async def listen() -> None:
        def pushed(_server: ServerName, line: Mapping[str, Any]) -> None:
            heard.append(str(line["text"]))
            if "connection:Connecting" in heard[-1]:
                lost.set()

        lost = asyncio.Event()
        transport = SshTransport(group.servers, on_push=pushed)
        args = {"group": "web", "resource": drbd.RESOURCE}
        request = Request(op="copies.listen", args=args, deadline_s=10)
        for _ in range(2):
            reply = await transport.call(ServerName(ONE), request)
            assert isinstance(reply, Done), reply
            assert reply.data == {"listening": True}
        site.kernel.run(TWO, ["drbdadm", "disconnect", drbd.RESOURCE])
        async with asyncio.timeout(20):
            await lost.wait()
        await transport.close()

    asyncio.run(listen())

    assert any("peer-disk:" in line or "replication:Off" in line for line in heard)
    assert len([line for line in heard if "connection:Connecting" in line]) == 1


@pytest.mark.mission("D5")
def test_who_keeps_the_file_system_busy_is_ended_by_policy(site: DataSite):
    site.serve()
    holder = f"systemd-run --quiet --unit=holder --working-directory={drbd.MOUNT_POINT} sleep 600"
    site.kernel.shell(ONE, holder)
    moved = site.done("switchover", "web")

    assert "ended for it" in moved.out
    assert "sleep" in moved.out


@pytest.mark.mission("D6")
def test_a_side_without_drbd_is_not_moved_to(site: DataSite):
    site.serve()
    tools = "/usr/sbin/drbdsetup"
    site.kernel.run(TWO, ["mv", tools, f"{tools}.away"])
    try:
        refused = site.hasys("switchover", "web")
    finally:
        site.kernel.run(TWO, ["mv", f"{tools}.away", tools])

    assert refused.code == 3
    assert "drbdsetup" in refused.err
    assert site.states(ONE)["copies"] == "started"


@pytest.mark.unproven
def test_a_promotion_by_hand_is_seen_as_what_it_is(site: DataSite):
    """Both sides cut from each other, one promoted by hand: status says both hold the data."""
    site.serve()
    site.kernel.cut_heartbeat(ONE)
    site.wait(TWO, lost_its_peer)
    site.kernel.run(TWO, ["drbdadm", "primary", drbd.RESOURCE])
    both = "both servers hold parts of the service"
    until(lambda: both in site.problems(), "both are seen", 60)
    site.kernel.run(TWO, ["drbdadm", "secondary", drbd.RESOURCE])
    site.kernel.join_heartbeat(ONE)
    wait_for_split_brain(site.kernel)
    site.done("play", "web", "split-brain-repair", "-e", f"victim={TWO}", "-e", "keep=false")

    assert site.states(ONE)["copies"] == "started"
