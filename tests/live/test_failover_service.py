"""A program that fails: restarted where it is, so many times, then the service moves."""

import pytest

from tests.live.looked_after import LookedAfter
from tests.live.site import until

pytestmark = pytest.mark.lab


@pytest.fixture
def web(site):
    site.change_group(lambda group: group["timing"].update(stabilise="1s", stop="5s"))
    looked_after = LookedAfter(site)
    with looked_after.daemon():
        yield looked_after


def allow_one_restart(site) -> None:
    site.change_group(
        lambda group: group["resources"]["site"].update(restart={"times": 1, "within": "10m"})
    )


@pytest.mark.mission("A9")
def test_a_program_that_dies_is_restarted_where_it_is(site):
    allow_one_restart(site)
    site.change_group(lambda group: group["timing"].update(stabilise="1s"))
    web = LookedAfter(site)
    with web.daemon():
        web.serving()
        web.settled()
        with web.observed() as seen:
            web.kill_service("linux1")
            until(lambda: web.runs_service("linux1"), "it runs on linux1 again", 30)
            until(lambda: web.is_active("linux1"), "linux1 is ACTIVE", 20)
        seen.assert_never_both()


@pytest.mark.mission("A1")
def test_a_program_that_cannot_be_kept_running_takes_the_service_along(web):
    web.serving()
    web.settled()
    with web.observed() as seen:
        web.kill_service("linux1")
        web.moved_to("linux2", 40)
    seen.assert_never_both()
    assert web.site.fetch()


def test_a_stop_that_fails_leaves_the_service_where_it_was(site):
    """A switchover whose stop fails goes back: under the same reign, for it was not ended yet."""
    marks = {"start": "touch /run/m", "stop": "exit 1", "check": "test -e /run/m || exit 3"}
    site.change_group(
        lambda group: group["resources"].update(mark={"command": marks, "after": ["site"]})
    )
    web = LookedAfter(site)
    with web.daemon():
        web.serving()
        answer = site.hasys("switchover", site.group)
        assert answer.code == 1
        assert "was not moved" in answer.out + answer.err
        assert web.active() == "linux1"
        assert site.fetch()


def test_a_start_that_fails_on_the_other_server_brings_the_service_back(site):
    web = LookedAfter(site)
    with web.daemon():
        web.serving()
        site.on("linux2", "mv", "/usr/local/bin/lab-http", "/usr/local/bin/lab-http.away")
        answer = site.hasys("switchover", site.group)
        assert answer.code == 1
        assert "it is back on linux1" in answer.out + answer.err
        until(lambda: web.is_active("linux1"), "linux1 is ACTIVE", 20)
        assert site.fetch()
