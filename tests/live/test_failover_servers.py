"""Servers that reboot, freeze, come back or lose their guard while `hasys run` looks on."""

import time

import pytest

from tests.live.site import until

pytestmark = pytest.mark.lab


WAKES_WITHIN_S = 1.0
"""From the thaw of a server until its guard has run and reset it, on a machine that is busy with
other tests. The watchdog of this lab (a unit of systemd) stands still with its server; see the
limits in docs/explanation/safety.md."""


@pytest.mark.mission("D1")
def test_a_frozen_active_is_replaced_and_resets_itself_first_thing_when_it_thaws(web):
    web.serving()
    with web.observed() as seen:
        web.site.lab.freeze("linux1")
        web.moved_to("linux2")
        thawed_at = time.monotonic()
        web.site.lab.thaw("linux1")
        until(lambda: not web.holds("linux1"), "linux1 holds nothing", 20)
    seen.assert_both_at_most(since=thawed_at, within_s=WAKES_WITHIN_S)


@pytest.mark.mission("A11")
def test_a_server_that_comes_back_is_standby_by_itself(web):
    web.serving()
    web.site.lab.power_off("linux1")
    web.moved_to("linux2")
    with web.observed() as seen:
        web.site.lab.power_on("linux1")
        until(lambda: web.is_standby("linux1"), "linux1 is STANDBY", 40)
        until(web.is_protected, "the vote is registered on both servers", 20)
        until(lambda: web.group()["ready"], "the service could move back", 20)
    seen.assert_kept_by("linux2")
    web.site.done("switchover", web.site.group)
    assert web.active() == "linux1"


@pytest.mark.mission("A1")
def test_an_active_that_reboots_is_replaced(web):
    web.serving()
    with web.observed() as seen:
        web.site.lab.reboot("linux1")
        web.moved_to("linux2")
        until(lambda: web.is_standby("linux1"), "linux1 is STANDBY", 40)
    seen.assert_never_both()


def test_after_a_power_cut_of_both_the_service_starts_again(web):
    web.serving()
    with web.observed() as seen:
        web.site.lab.power_off("linux1")
        web.site.lab.power_off("linux2")
        web.explains("brake")
        web.site.lab.power_on("linux1")
        web.site.lab.power_on("linux2")
        until(lambda: any(map(web.is_active, ("linux1", "linux2"))), "one server serves", 60)
    seen.assert_never_both()
    assert web.site.fetch()


@pytest.mark.parametrize("signal", ["KILL", "STOP"])
def test_a_dead_guard_leaves_no_server_that_nobody_demotes(web, signal):
    """Killed or stopped, it demotes nothing any more: what covers it resets the server in time."""
    web.serving()
    with web.observed() as seen:
        web.signal_guard("linux1", signal)
        web.site.lab.isolate("linux1")
        web.moved_to("linux2")
    seen.assert_never_both()


def test_a_guard_that_is_killed_is_started_again_and_the_service_stays(web):
    web.serving()
    web.signal_guard("linux2", "KILL")
    with web.observed() as seen:
        until(lambda: web.guard_of("linux2") is not None, "linux2 has a guard again", 20)
        until(lambda: web.is_standby("linux2"), "linux2 is STANDBY", 20)
    seen.assert_kept_by("linux1")
