"""What people change while `hasys run` looks after a group: mode, lease, keys, files."""

import pytest

from tests.live.looked_after import LookedAfter
from tests.live.site import until

pytestmark = pytest.mark.lab


@pytest.fixture
def web(site):
    return LookedAfter(site)


def test_in_maintenance_nothing_moves_not_even_while_the_controller_is_upgraded(web):
    with web.daemon():
        web.serving()
        web.site.done("maintenance", web.site.group, "on")
        with web.observed() as seen:
            web.site.lab.isolate("linux1")
            web.outlives_a_lease()
            assert not web.runs_service("linux2")
            web.site.lab.join("linux1")
            web.site.lab.power_off("linux2")
            web.stop_daemon()
            with web.daemon():
                web.explains("maintenance", 40)
                web.site.lab.power_on("linux2")
                web.site.done("maintenance", web.site.group, "off")
                until(web.is_protected, "it is protected again", 60)
        seen.assert_kept_by("linux1")


def test_force_says_what_it_overrides_and_wants_it_accepted(web):
    with web.daemon():
        web.serving()
        web.site.done("maintenance", web.site.group, "on")
        web.site.lab.isolate("linux1")
        web.explains("maintenance")
        until(lambda: web.silent("linux1"), "linux1 is silent", 10)
        refused = web.site.hasys(
            "failover", web.site.group, "--force", "--to", "linux2", "--yes-i-accept", "data-loss"
        )
        assert refused.code == 77
        assert "linux1 may still serve" in refused.err
        web.site.done(
            *("failover", web.site.group, "--force", "--to", "linux2"),
            *("--yes-i-accept", "data-loss,two-actives"),
        )
        assert web.runs_service("linux2")
        web.site.lab.join("linux1")
        until(lambda: not web.holds("linux1"), "the overruled server holds nothing", 20)


def test_release_ends_the_guards_and_leaves_the_service(web):
    with web.daemon():
        web.serving()
        with web.observed() as seen:
            web.site.done("release", web.site.group, "--yes")
            until(lambda: web.guard_of("linux1") is None, "linux1 has no guard", 10)
            until(lambda: web.guard_of("linux2") is None, "linux2 has no guard", 10)
            web.outlives_a_lease()
        seen.assert_kept_by("linux1")
        assert web.site.on("linux1", "ls", "/var/lib/hasys").strip() == ""


def test_a_lease_that_is_changed_while_it_runs_demotes_nobody(web):
    """The watchdog armed for the longer one would fire in the shorter: it is armed anew first."""
    web.site.change_group(lambda group: group.update(timing={"lease": "6s"}))
    with web.daemon():
        web.serving()
        with web.observed() as seen:
            for lease_s in (3.0, 4.0):
                timing = {"lease": f"{lease_s:g}s"}
                web.site.change_group(lambda group, timing=timing: group.update(timing=timing))
                assert "web: looked after" in web.site.done("reload").out
                until(lambda s=lease_s: web.lives_by(s), "both live by it", 60)
        seen.assert_kept_by("linux1")


def test_files_with_problems_change_nothing(web):
    with web.daemon():
        web.serving()
        web.site.group_file.write_text("group: web\n")
        answer = web.site.hasys("reload")
        assert answer.code == 65
        assert "web.yaml:1" in answer.err
        with web.observed() as seen:
            web.outlives_a_lease()
        seen.assert_kept_by("linux1")


def test_the_guards_change_their_key_without_a_word_lost(web):
    with web.daemon():
        web.serving()
        before = web.site.on("linux1", "cat", "/run/hasys/web/settings")
        with web.observed() as seen:
            web.site.done("rekey", web.site.group)
            web.kill_daemon()
            web.outlives_a_lease()  # on the peer's vote alone, under the new key
        seen.assert_kept_by("linux1")
        assert web.site.on("linux1", "cat", "/run/hasys/web/settings") != before


def rename(web, old: str, new: str) -> None:
    """In all files, as if another machine had taken its place; here it is the same one."""
    for file in (web.site.inventory / "hosts.yaml", web.site.group_file):
        file.write_text(file.read_text().replace(old, new))


def test_the_standby_is_replaced_by_another_server_while_the_service_runs(web):
    with web.daemon():
        web.serving()
        with web.observed() as seen:
            rename(web, "linux1", "linux3")
            refused = web.site.hasys("reload")
            rename(web, "linux3", "linux1")
            rename(web, "linux2", "linux3")
            assert "web: looked after" in web.site.done("reload").out
            until(lambda: web.role_told("linux3") == "STANDBY", "linux3 is STANDBY", 60)
            until(web.is_protected, "the vote is registered on both servers", 60)
            until(lambda: not web.goes_on_alone(), "no solo any more", 30)
        seen.assert_kept_by("linux1")
        assert refused.code == 1
        assert "linux1 may still serve" in refused.err
        with web.observed() as seen:
            web.site.lab.power_off("linux1")
            until(lambda: web.role_told("linux3") == "ACTIVE", "linux3 is ACTIVE", 30)
            until(lambda: web.has_all("linux2"), "its machine has the service", 20)
        seen.assert_never_both()
