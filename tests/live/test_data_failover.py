"""Automatic failover of replicated data: no acknowledged write is lost, or nothing moves.

One daemon looks after one pair for all cases, as in production; each begins with a service that
runs on either server and two copies that are in sync, whatever the case before has left.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.lab import addresses
from tests.lab.kernel import fixtures
from tests.lab.kernel.lab import KernelLab
from tests.lab.kernel.writer import write_all_the_time
from tests.lab.witness import Witness
from tests.live.data import DataSite, guarded_lab
from tests.live.looked_after import LookedAfter
from tests.live.site import until

pytestmark = [pytest.mark.kernel_lab, pytest.mark.mission("A1"), pytest.mark.mission("R3")]

PATIENCE_S = 120
"""For what takes seconds on a quiet machine; ends as soon as it is there."""


@pytest.fixture(scope="module")
def lab() -> Iterator[KernelLab]:
    with guarded_lab() as made:
        yield made


def _for_slow_machines(group: dict[str, Any]) -> None:
    """What is measured here is what is kept, not how fast."""
    group.update(
        timing={"poll": "2s", "lease": "6s", "stabilise": "10s"},
        watchdog="none",
        accept_unfenced=True,
        # one case after the other is no flapping
        policies={"flapping": {"moves": 100}, "quarantine": {"silences": 100}},
    )
    for resource in group["resources"].values():
        # a small write that takes long on a busy disk is not to move the service
        resource["restart"] = {"times": 100, "within": "10m"}


@pytest.fixture(scope="module")
def site(lab: KernelLab, tmp_path_factory: pytest.TempPathFactory) -> DataSite:
    one = DataSite(lab, tmp_path_factory.mktemp("controller"))
    one.change_group(_for_slow_machines)
    one.lay_handler()
    return one


@pytest.fixture(scope="module")
def looked_after(site: DataSite) -> Iterator[LookedAfter]:
    found = LookedAfter(site)
    with found.daemon():
        yield found


class Pair:
    """The service is up, both copies are in sync and trusted."""

    def __init__(self, site: DataSite, looked_after: LookedAfter) -> None:
        self.site, self.loop, self.lab = site, looked_after, site.kernel
        fixtures.heal(site.kernel)
        until(looked_after.is_protected, "the vote is registered on both servers", PATIENCE_S)
        until(self._serves, "the service runs", PATIENCE_S)
        until(self.is_in_sync, "both copies are seen in sync", PATIENCE_S)
        active = self.serving()
        assert active is not None
        self.active = active
        self.standby = next(one for one in addresses.SERVERS if one != active)

    def _serves(self) -> bool:
        if self.serving() is None:
            self.site.hasys("start", "web")
        return self.serving() is not None

    def serving(self) -> str | None:
        """By the loop's own word: a look of the command is late on machines as slow as these."""
        roles = self.loop.group().get("roles", {})
        return next((one for one in addresses.SERVERS if roles.get(one) == "ACTIVE"), None)

    def is_told(self, role: str, server: str) -> bool:
        return self.loop.role_told(server) == role

    def moved_to(self, server: str) -> None:
        until(lambda: self.is_told("ACTIVE", server), f"{server} is ACTIVE", PATIENCE_S)

    def kept(self, server: str) -> list[int]:
        """What a client would find there."""
        until(lambda: self.site.states(server)["data"] == "started", "it is mounted", PATIENCE_S)
        return self.site.kept(server)

    def is_in_sync(self) -> bool:
        return not self.site.problems()

    def acknowledge_some(self, server: str) -> None:
        self.lab.run(server, ["sleep", "1"])


@pytest.fixture
def pair(site: DataSite, looked_after: LookedAfter) -> Pair:
    return Pair(site, looked_after)


def test_a_power_cut_moves_the_service_and_loses_nothing(pair: Pair):
    lab, target = pair.site.lab.description, pair.standby
    with Witness(lab) as witness, write_all_the_time(lab) as sent:
        pair.acknowledge_some(pair.active)
        pair.lab.power_off(pair.active)
        pair.moved_to(target)
        pair.acknowledge_some(target)

    witness.timeline.assert_never_both()
    assert len(sent.acknowledged) > 10
    assert sent.lost(pair.kept(target)) == []


@pytest.mark.soak
@pytest.mark.parametrize("run", range(5))
def test_a_link_that_is_cut_right_before_the_power_loses_nothing(pair: Pair, run: int):
    """50 ms are enough to acknowledge writes that only one disk has, where nothing holds them."""
    del run
    lab, target = pair.site.lab.description, pair.standby
    with write_all_the_time(lab) as sent:
        pair.acknowledge_some(pair.active)
        pair.lab.cut_heartbeat(pair.active)
        pair.lab.network.on_switch("sleep", "0.05")
        pair.lab.power_off(pair.active)
        pair.moved_to(target)
        pair.acknowledge_some(target)

    assert len(sent.acknowledged) > 10
    assert sent.lost(pair.kept(target)) == []


def test_a_copy_that_was_left_behind_is_not_promoted(pair: Pair):
    """The link goes, writes wait for the note, then go on; after that a power cut moves nothing."""
    with write_all_the_time(pair.site.lab.description) as sent:
        pair.acknowledge_some(pair.active)
        pair.lab.cut_heartbeat(pair.active)
        until(lambda: "UpToDate/Outdated" in pair.site.problems(), "writes go on", PATIENCE_S)
        noted_at = time.monotonic()
        pair.acknowledge_some(pair.active)
        pair.lab.power_off(pair.active)
        pair.loop.explains("data-out-of-date", PATIENCE_S)
        stays = pair.is_told("STANDBY", pair.standby)
        told = pair.site.done("events", "web", "-n", "100").out
        pair.lab.join_heartbeat(pair.active)
        pair.lab.power_on(pair.active)
        pair.moved_to(pair.active)
    kept = pair.kept(pair.active)

    assert stays
    assert "data-out-of-date" in told
    assert "copies-changed" in told
    assert any(write.at > noted_at for write in sent.acknowledged)
    assert sent.lost(kept) == []


@pytest.mark.soak
def test_a_standby_without_power_holds_writes_up_for_a_moment_and_comes_back(pair: Pair):
    with write_all_the_time(pair.site.lab.description) as sent:
        pair.acknowledge_some(pair.active)
        pair.lab.power_off(pair.standby)
        until(lambda: "UpToDate/Outdated" in pair.site.problems(), "writes go on", PATIENCE_S)
        noted_at = time.monotonic()
        pair.acknowledge_some(pair.active)
    pair.lab.power_on(pair.standby)
    until(pair.is_in_sync, "both copies are in sync again", PATIENCE_S)

    assert pair.serving() == pair.active
    assert any(write.at > noted_at for write in sent.acknowledged)
    assert sent.lost(pair.kept(pair.active)) == []


@pytest.mark.soak
def test_after_a_power_cut_of_both_the_one_that_served_goes_on_alone(pair: Pair):
    """It has every write, and is not kept waiting for the other one, which is synced later."""
    with write_all_the_time(pair.site.lab.description) as sent:
        pair.acknowledge_some(pair.active)
        for server in addresses.SERVERS:
            pair.lab.power_off(server)
        until(lambda: pair.serving() is None, "both are seen to be gone", PATIENCE_S)
        pair.lab.power_on(pair.active)
        pair.moved_to(pair.active)
        pair.acknowledge_some(pair.active)

    assert len(sent.acknowledged) > 10
    assert sent.lost(pair.kept(pair.active)) == []
