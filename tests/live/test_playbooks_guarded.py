"""Shipped playbooks on a group that `hasys run` looks after: guards, reigns, gates."""

import pytest

pytestmark = [pytest.mark.lab, pytest.mark.mission("O5")]


def test_a_server_is_taken_out_of_service_and_back_and_a_named_one_keeps_the_service(web):
    def play(name, *variables):
        given = [word for one in variables for word in ("-e", one)]
        web.site.done("play", web.site.group, name, *given)

    web.serving()
    with web.observed() as seen:
        assert web.site.hasys("switchover", web.site.group, "--check").code == 0
        play("maintenance-in", "server=linux1", "prepare='touch /run/prepared'")
        assert web.holds("linux2")
        assert not web.holds("linux1")
        play("rejoin", "check='test -e /run/prepared'")
        play("maintenance-out", "server=linux1", "back=yes")
        assert web.holds("linux1")
        play("partition-resolution", "keep=linux2")

    seen.assert_never_both()
    assert web.active() == "linux2"
    assert not web.holds("linux1")
