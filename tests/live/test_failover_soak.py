"""Cases that take minutes: bad networks, overload, a panic. `make soak-live` runs them."""

import time

import pytest

from tests.live.looked_after import LookedAfter
from tests.live.site import Site, until

pytestmark = pytest.mark.soak

BURNERS = "for _ in $(seq 16); do (while :; do :; done) & done; sleep {seconds}; kill $(jobs -p)"


def runs(web: LookedAfter) -> list[str]:
    """All there were, the newest first; the one that is wanted is the start by hand."""
    return [f"{one['playbook']}: {one['state']}" for one in web.site.runs()]


@pytest.mark.unproven
@pytest.mark.lab
def test_ten_minutes_of_one_packet_in_five_lost_move_nothing(web):
    web.serving()
    with web.observed() as seen:
        web.site.lab.loss("linux1", 20)
        time.sleep(600)
        web.site.lab.loss("linux1", 0)
    seen.assert_kept_by("linux1")
    assert runs(web) == ["start: done"]


@pytest.mark.lab
def test_a_minute_of_every_second_packet_lost_makes_no_second_active(web):
    """It may move, for what is lost may be the whole lease; it is there when the minute is over."""
    web.serving()
    with web.observed() as seen:
        web.site.lab.loss("linux1", 50)
        time.sleep(60)
        web.site.lab.loss("linux1", 0)
        until(web.is_protected, "the vote is registered on both servers", 60)
        until(lambda: any(map(web.is_active, ("linux1", "linux2"))), "one server serves", 60)
    seen.assert_never_both()
    assert web.site.fetch()


@pytest.mark.unproven
@pytest.mark.lab
def test_an_overload_of_servers_and_controller_is_no_death(web):
    """One machine is all three here: sixteen programs that never rest beside them."""
    web.serving()
    with web.observed() as seen:
        web.site.lab.run("linux1", ["bash", "-c", BURNERS.format(seconds=30)], timeout_s=120)
        until(web.is_protected, "the vote is registered on both servers", 60)
    seen.assert_kept_by("linux1")
    assert runs(web) == ["start: done"]


@pytest.fixture
def kernel_web(fresh_kernel_lab, tmp_path):
    """Machines with kernels of their own, and watchdog devices; they are slow."""
    site = Site(fresh_kernel_lab, tmp_path)
    timing = {"poll": "2s", "lease": "8s", "stabilise": "2s", "watchdog": "4s"}
    site.change_group(lambda group: group.update(timing=timing, watchdog="/dev/watchdog"))
    web = LookedAfter(site)
    with web.daemon():
        until(web.is_protected, "the vote is registered on both servers", 90)
        site.done("start", site.group)
        yield web


@pytest.mark.unproven
@pytest.mark.kernel_lab
def test_a_clock_that_jumps_by_an_hour_changes_nothing(kernel_web):
    web, lab = kernel_web, kernel_web.site.lab
    with web.observed() as seen:
        lab.clock_step("linux1", 3600.0)
        lab.clock_step("linux2", -3600.0)
        time.sleep(20)
    assert runs(web) == ["start: done"]
    seen.assert_kept_by("linux1")


@pytest.mark.unproven
@pytest.mark.kernel_lab
def test_a_server_whose_kernel_panics_is_replaced(kernel_web):
    web, lab = kernel_web, kernel_web.site.lab
    with web.observed() as seen:
        lab.panic("linux1")
        web.moved_to("linux2", 60)
    seen.assert_never_both()
    assert web.site.fetch()


@pytest.mark.kernel_lab
def test_an_active_whose_guard_stands_still_is_reset_by_its_watchdog_and_replaced(kernel_web):
    web, lab = kernel_web, kernel_web.site.lab
    life = lab.machine("linux1").life()
    with web.observed() as seen:
        web.signal_guard("linux1", "STOP")
        web.moved_to("linux2", 60)
    seen.assert_never_both()
    assert lab.machine("linux1").life() != life
