"""What `hasys run` does when servers, networks and programs fail, on real servers.

A witness on both servers looks fifty times a second at who has the address and who runs the
service. How long a client is without it is measured by `make bench`.
"""

import pytest

from tests.live.looked_after import LookedAfter
from tests.live.site import until

pytestmark = pytest.mark.lab


@pytest.mark.mission("A1")
def test_a_server_that_loses_power_is_replaced_by_the_other(web):
    web.serving()
    with web.observed() as seen:
        web.site.lab.power_off("linux1")
        web.moved_to("linux2")
    seen.assert_never_both()
    assert web.site.fetch()


@pytest.mark.mission("A1")
def test_an_active_that_is_cut_off_from_all_demotes_itself_before_the_other_serves(web):
    web.serving()
    with web.observed() as seen:
        web.site.lab.isolate("linux1")
        web.moved_to("linux2")
    seen.assert_never_both()


@pytest.mark.mission("A2")
def test_a_person_moves_the_service_while_the_daemon_runs(web):
    web.serving()
    with web.observed() as seen:
        web.site.done("switchover", web.site.group)
    seen.assert_never_both()
    assert web.active() == "linux2"


def test_a_standby_that_is_lost_changes_nothing(web):
    web.serving()
    with web.observed() as seen:
        web.site.lab.power_off("linux2")
        web.explains("standby-lost")
    seen.assert_kept_by("linux1")
    assert web.is_active("linux1")


def test_a_heartbeat_that_is_cut_changes_nothing(web):
    web.serving()
    with web.observed() as seen:
        web.site.lab.cut_heartbeat("linux1")
        web.site.lab.cut_heartbeat("linux2")
        web.explains("active-well")
    seen.assert_kept_by("linux1")
    assert web.is_active("linux1")


def test_a_firewall_before_the_heartbeat_port_changes_nothing(web):
    """On every link: the two hear one another no more; the controller's vote carries the active."""
    web.serving()
    with web.observed() as seen:
        chain = "type filter hook input priority 0 ; udp dport 7407 drop ;"
        web.site.on("linux2", "nft", f"table inet shut {{ chain c {{ {chain} }} ; }}")
        until(lambda: web.was_told("no heartbeat of linux1"), "the silence is told", 20)
        web.explains("active-well")
    seen.assert_kept_by("linux1")
    assert web.is_protected()


def test_without_a_heartbeat_network_the_public_one_carries_it(site):
    site.change_group(lambda group: group["networks"].pop("heartbeat"))
    web = LookedAfter(site)
    with web.daemon():
        web.serving()
        with web.observed() as seen:
            web.site.lab.power_off("linux1")
            web.moved_to("linux2")
        seen.assert_never_both()


def test_a_controller_that_is_killed_and_comes_back_changes_nothing(web):
    web.serving()
    with web.observed() as seen:
        web.kill_daemon()
        with web.daemon():
            web.explains("active-well", 30)
            assert web.is_active("linux1")
    seen.assert_kept_by("linux1")
