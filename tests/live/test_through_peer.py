"""A cut public link of the active: it is asked through the standby, and nothing moves."""

import pytest

from tests.live.site import until

pytestmark = pytest.mark.lab


def way(site):
    return {one["name"]: one["way"] for one in site.status()["servers"]}["linux1"]


def is_seen(site):
    """By the daemon: it asks for a guard once it has polled a server."""
    events = site.done("events", "-o", "json").document["events"]
    return any(one["kind"].startswith("guard-") for one in events)


@pytest.mark.mission("D3")
def test_the_active_is_seen_through_the_standby_while_its_public_link_is_cut(site):
    site.done("start", "web")
    with site.begun("run"):  # which learns the heartbeat addresses, and keeps them
        until(lambda: is_seen(site), "the daemon to have seen the servers", within_s=30)

    site.lab.cut_public("linux1")
    status = site.status()
    site.lab.join_public("linux1")

    assert {one["name"]: one["way"] for one in status["servers"]} == {
        "linux1": "through linux2",
        "linux2": "direct",
    }
    assert status["active"] == "linux1"
    assert "linux1 is reached through linux2 only: see the public links" in status["problems"]
    assert way(site) == "direct"
