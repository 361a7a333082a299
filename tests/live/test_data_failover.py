"""Automatic failover of replicated data: no acknowledged write is lost, or nothing moves."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.kernel import fixtures
from tests.lab.kernel.lab import KernelLab
from tests.lab.kernel.writer import write_all_the_time
from tests.lab.witness import Witness
from tests.live.data import ONE, TWO, DataSite, name_handler, prepare
from tests.live.looked_after import LookedAfter
from tests.live.site import until

pytestmark = [
    pytest.mark.unproven,
    pytest.mark.kernel_lab,
    pytest.mark.mission("A1"),
    pytest.mark.mission("R3"),
]


@pytest.fixture(scope="module")
def lab() -> Iterator[KernelLab]:
    with fixtures.a_lab() as made:
        name_handler(made)
        prepare(made)
        yield made


@pytest.fixture
def site(lab: KernelLab, tmp_path: Path) -> Iterator[DataSite]:
    one = DataSite(lab, tmp_path)
    one.change_group(
        lambda group: group.update(
            # these machines are slow: what is measured here is what is kept, not how fast
            timing={"poll": "2s", "lease": "12s", "stabilise": "10s"},
            watchdog="none",
            accept_unfenced=True,
        )
    )
    one.lay_handler()
    yield one
    one.kernel.power_off(ONE)
    one.kernel.power_off(TWO)
    one.whole_again()


@pytest.fixture
def web(site: DataSite) -> Iterator[LookedAfter]:
    looked_after = LookedAfter(site)
    with looked_after.daemon():
        until(looked_after.is_protected, "the vote is registered on both servers", 90)
        site.serve(ONE)
        yield looked_after


def test_a_power_cut_moves_the_service_and_loses_nothing(web: LookedAfter, site: DataSite):
    with Witness(site.lab.description) as witness, write_all_the_time(site.lab.description) as sent:
        site.kernel.run(ONE, ["sleep", "1"])
        site.kernel.power_off(ONE)
        web.moved_to(TWO, 120)
        site.kernel.run(TWO, ["sleep", "1"])
    kept = site.kept(TWO)

    witness.timeline.assert_never_both()
    assert len(sent.acknowledged) > 10
    assert sent.lost(kept) == []


def test_a_copy_that_was_left_behind_is_not_promoted(web: LookedAfter, site: DataSite):
    """The link goes, writes wait for the note, then go on; after that a power cut moves nothing."""
    with write_all_the_time(site.lab.description) as sent:
        site.kernel.run(ONE, ["sleep", "1"])
        site.kernel.cut_heartbeat(ONE)
        until(lambda: "UpToDate/Outdated" in site.problems(), "writes go on after the note", 90)
        noted_at = time.monotonic()
        site.kernel.run(ONE, ["sleep", "2"])
        site.kernel.power_off(ONE)
        web.explains("data-out-of-date", 90)
    roles = {one["name"]: one["role"] for one in web.group()["servers"]}
    told = site.done("events", "web", "-n", "100").out

    assert roles[TWO] == "STANDBY"
    assert "data-out-of-date" in told
    assert "copies-changed" in told
    assert sent.longest_pause_s() > 1
    assert any(write.at > noted_at for write in sent.acknowledged)
