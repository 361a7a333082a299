"""Controllers that are cut off, killed, stopped, doubled, or lose what they knew."""

import shutil

import pytest

from tests.live.looked_after import LookedAfter
from tests.live.site import Site, until

pytestmark = pytest.mark.lab


@pytest.fixture
def web(site):
    return LookedAfter(site)


def test_an_orderly_stop_leaves_an_active_that_a_reboot_of_its_standby_does_not_stop(web):
    with web.daemon():
        web.serving()
        answer = web.stop_daemon()
        assert answer.code == 0, answer.err
    with web.observed() as seen:
        web.site.lab.reboot("linux2")
        web.outlives_a_lease()
    seen.assert_kept_by("linux1")


def test_a_controller_that_is_back_takes_the_term_without_end_away_again(web):
    with web.daemon():
        web.serving()
        web.stop_daemon()
    with web.daemon():
        until(lambda: web.is_protected() and not web.goes_on_alone(), "no solo any more", 40)
        with web.observed() as seen:
            web.site.lab.power_off("linux1")
            web.moved_to("linux2")
        seen.assert_never_both()


def test_a_controller_killed_while_the_servers_see_each_other_costs_nothing(web):
    with web.daemon():
        web.serving()
        web.kill_daemon()
    with web.observed() as seen:
        web.outlives_a_lease()
    seen.assert_kept_by("linux1")


@pytest.mark.parametrize("after_s", [0.5, 1.7, 2.5, 3.2, 4.0])
def test_a_controller_killed_in_the_middle_of_a_failover_is_no_second_active(web, after_s):
    with web.daemon():
        web.serving()
        with web.observed() as seen:
            web.site.lab.power_off("linux1")
            web.kills_daemon_after(after_s)
            with web.daemon():
                web.moved_to("linux2", 60)
        seen.assert_never_both()


def test_a_command_line_beside_the_daemon_asks_it(web):
    with web.daemon():
        web.serving()
        web.site.done("stop", web.site.group)
        assert web.active() is None
        web.outlives_a_lease()
        assert web.active() is None, "what a person stopped stays stopped"
        web.site.done("start", web.site.group, "--on", "linux2")
        assert web.active() == "linux2"


def test_a_command_line_by_itself_leaves_the_active_alone_and_safe(web):
    """The group was looked after once; now there is no daemon, and one command is run."""
    with web.daemon():
        web.serving()
        web.kill_daemon()
    web.site.done("switchover", web.site.group)
    assert web.active() == "linux2"
    with web.observed() as seen:
        web.site.lab.cut_heartbeat("linux1")
        web.site.lab.reboot("linux1")
        web.outlives_a_lease()
    seen.assert_kept_by("linux2")


def test_a_second_controller_takes_nothing_over_by_itself(web, tmp_path):
    other = Site(web.site.lab, tmp_path / "other")
    with web.daemon():
        web.serving()
        second = LookedAfter(other)
        with second.daemon(), web.observed() as seen:
            second.explains("not-registered", 30)
            web.outlives_a_lease()
        seen.assert_kept_by("linux1")
        assert second.group()["safety"] == "manual"


def test_a_controller_that_lost_its_state_moves_nothing(web):
    with web.daemon():
        web.serving()
        web.kill_daemon()
    shutil.rmtree(web.site.state)
    with web.daemon(), web.observed() as seen:
        web.explains("not-registered", 30)
        web.outlives_a_lease()
    seen.assert_kept_by("linux1")


def test_a_service_that_ran_before_is_adopted_as_it_runs(web):
    web.site.done("start", web.site.group)
    with web.observed() as seen, web.daemon():
        until(web.is_protected, "the vote is registered on both servers", 40)
        until(lambda: web.role_told("linux1") == "ACTIVE", "linux1 is ACTIVE by right", 20)
    seen.assert_kept_by("linux1")
    with web.daemon():
        until(web.is_protected, "the vote is registered on both servers", 40)
        with web.observed() as seen:
            web.site.lab.power_off("linux1")
            web.moved_to("linux2", 30)
        seen.assert_never_both()
