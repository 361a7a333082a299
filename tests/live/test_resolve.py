"""A person decides where the service belongs: both hold it, or neither does."""

import pytest

from tests.live.looked_after import LookedAfter

pytestmark = [pytest.mark.lab, pytest.mark.mission("A4")]


def start_by_hand(site, server: str) -> None:
    """As somebody does who does not know of the other server."""
    address = site.lab.description.service.address
    site.on(server, "ip", "address", "add", f"{address}/25", "dev", "eth0")
    site.on(
        *(server, "systemd-run", "--quiet", "--collect"),
        *("/usr/local/bin/lab-http", "--port", "8080"),
    )


def test_of_two_actives_the_named_one_keeps_the_service(site):
    site.done("start", site.group)
    start_by_hand(site, "linux2")
    assert site.hasys("switchover", site.group).code == 3

    answer = site.done("resolve", site.group, "--server", "linux2", "--role", "active", "--yes")

    assert "linux1  ACTIVE" in answer.err
    assert "linux2  ACTIVE" in answer.err
    found = LookedAfter(site)
    assert found.active() == "linux2"
    assert not found.holds("linux1")


def test_of_two_standbys_the_named_one_is_made_active(site):
    found = LookedAfter(site)
    with found.daemon():
        found.serving()
        site.done("stop", site.group)
        site.done("resolve", site.group, "--server", "linux1", "--role", "standby", "--yes")
        assert found.active() == "linux2"
        refused = site.hasys(
            "resolve", site.group, "--server", "linux2", "--role", "active", "--yes"
        )
    assert refused.code == 3
    assert "nothing to resolve" in refused.out + refused.err
