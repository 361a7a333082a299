"""Freshness by the kernel: with our handler no side goes on alone without the controller's word."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab import addresses, programs
from tests.lab.kernel import drbd
from tests.lab.kernel.lab import KernelLab
from tests.lab.kernel.writer import write_all_the_time
from tests.live.data import ONE, TWO, DataSite, guarded_lab
from tests.live.site import until

pytestmark = [pytest.mark.kernel_lab, pytest.mark.mission("R3")]
NOTE = """\
- name: The copy without a link is out of date, by its own kernel's word
  hosts: linux2
  tasks:
    - name: Note it
      drbd: {resource: r0, state: outdated}

- name: Only then the writes go on
  hosts: linux1
  tasks:
    - name: Let them
      drbd: {resource: r0, state: writing}
"""


@pytest.fixture(scope="module")
def lab() -> Iterator[KernelLab]:
    with guarded_lab() as made:
        yield made


@pytest.fixture
def site(lab: KernelLab, tmp_path: Path) -> Iterator[DataSite]:
    one = DataSite(lab, tmp_path)
    one.lay_handler()
    (one.inventory / "playbooks" / "note.yaml").write_text(NOTE)
    one.serve()
    yield one
    for server in addresses.SERVERS:  # a side that still waits for a word cannot be stopped
        lab.power_off(server)
    one.whole_again()


def refused(lab: KernelLab, server: str) -> str:
    """What the kernel says to a promotion that nobody cleared."""
    with pytest.raises(programs.ProgramFailed) as caught:
        lab.run(server, ["drbdadm", "primary", drbd.RESOURCE])
    return str(caught.value)


def test_a_lost_link_freezes_writes_until_the_other_copy_is_noted(site: DataSite):
    lab = site.kernel
    with write_all_the_time(site.lab.description) as sent:
        lab.run(ONE, ["sleep", "1"])
        lab.cut_heartbeat(ONE)
        until(lambda: "writes frozen (fencing)" in site.problems(), "writes are frozen", 30)
        by_hand = refused(lab, TWO)
        site.done("play", "web", "note")
        noted = site.problems()
        outdated = refused(lab, TWO)
        lab.run(ONE, ["sleep", "2"])
    kept = site.kept(ONE)
    lab.join_heartbeat(ONE)
    site.in_sync()

    assert "-7" in by_hand
    assert "UpToDate/Outdated" in noted
    assert "-2" in outdated
    assert sent.longest_pause_s() > 1
    assert len(sent.acknowledged) > 10
    assert sent.lost(kept) == []


def test_what_is_set_up_is_said(site: DataSite):
    found = site.hasys("check", "--live", "web").out

    assert "fence-peer" not in found
    assert "notices a lost peer" not in found
