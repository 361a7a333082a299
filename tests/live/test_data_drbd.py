"""Replicated data on real DRBD: what is acknowledged is kept, what is not whole is not promoted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.kernel import fixtures
from tests.lab.kernel.lab import KernelLab
from tests.lab.kernel.writer import write_all_the_time
from tests.lab.witness import Witness
from tests.live.data import ONE, TWO, DataSite, prepare

pytestmark = pytest.mark.kernel_lab


@pytest.fixture(scope="module")
def lab() -> Iterator[KernelLab]:
    with fixtures.a_lab() as made:
        prepare(made)
        yield made


@pytest.fixture
def site(lab: KernelLab, tmp_path: Path) -> Iterator[DataSite]:
    """Whole again after each test: running servers, both copies in sync, nothing started."""
    one = DataSite(lab, tmp_path)
    yield one
    fixtures.heal(lab)
    one.done("stop", "web")
    one.done("play", "web", "resync")


@pytest.mark.mission("R3")
@pytest.mark.mission("D6")
def test_from_down_on_both_to_a_move_without_a_lost_write(site: DataSite):
    started = site.done("start", "web")
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
    seen = site.copy(TWO)
    assert seen is not None
    assert (seen.role, seen.peer_role) == ("Primary", "Secondary")
