"""Shipped playbooks on a group that `hasys run` looks after: guards, reigns, gates."""

import pytest

pytestmark = [pytest.mark.lab, pytest.mark.mission("O5")]


def play(web, *words):
    return web.site.done("play", web.site.group, *words)


def test_a_server_is_taken_out_of_service_and_back_and_a_named_one_keeps_the_service(web):
    web.serving()
    with web.observed() as seen:
        assert web.site.hasys("switchover", web.site.group, "--check").code == 0
        play(web, "maintenance-in", "-e", "server=linux1", "-e", "prepare='touch /run/prepared'")
        assert web.active() == "linux2"
        web.site.on("linux1", "test", "-e", "/run/prepared")
        assert not web.holds("linux1")
        play(web, "rejoin", "-e", "check='test -e /run/prepared'")
        assert web.active() == "linux2"
        play(web, "maintenance-out", "-e", "server=linux1", "-e", "back=yes")
        assert web.active() == "linux1"
        play(web, "partition-resolution", "-e", "keep=linux2")
        assert web.active() == "linux2"
        web.site.done("stop", web.site.group)
        play(web, "partition-resolution", "-e", "keep=linux1")

    seen.assert_never_both()
    assert web.site.fetch().strip() == "linux1"
    assert not web.holds("linux2")
    assert {one["state"] for one in web.site.runs()} == {"done"}
