"""What no task may remove. Only the judgement is asked: nothing here could remove anything."""

import pytest

from remote_helpers.modules.precious import followed, why_kept


@pytest.mark.parametrize(
    "path",
    [
        *("/", "//", "///", "/.", "/..", "/etc", "//etc", "//etc/", "///etc//", "/./etc"),
        *("/etc/", "/etc/.", "/etc/ssl/..", "/var/../etc", "/usr", "/bin", "/data", "/tmp/.."),
        *("/usr/bin", "/usr//lib", "/etc/ssl", "//etc//ssl/", "/var/lib", "/home/../usr/bin"),
        *("/proc/1", "/sys/kernel", "/dev/shm/x", "/proc/self/root", "/proc/self/root/etc"),
        *("/tmp/../etc", "/proc/self/../../etc", "/bin/../etc", "etc", ""),
    ],
)
def test_the_server_itself_is_kept_however_it_is_spelled(path):
    assert why_kept(followed(path), [])


def test_a_link_on_the_way_leads_to_what_it_points_at(tmp_path):
    (tmp_path / "link").symlink_to("/")

    assert followed(f"{tmp_path}/link/etc") == "/etc"
    assert why_kept(followed(f"{tmp_path}/link/etc"), [])
    assert why_kept(followed(f"{tmp_path}/link/usr/bin"), [])


def test_a_link_itself_may_go(tmp_path):
    link = tmp_path / "link"
    link.symlink_to("/etc")

    assert followed(str(link)) == str(link)
    assert why_kept(str(link), []) == ""


def test_what_is_mounted_is_kept_with_all_above_it(tmp_path):
    path = str(tmp_path / "data")

    assert "is mounted there" in why_kept(path, [path])
    assert "is mounted there" in why_kept(path, [f"{path}/inner"])
    assert why_kept(path, [f"{path}-other"]) == ""


@pytest.mark.parametrize("path", ["/srv/site/cache", "/opt/site/old", "/etc/site.conf"])
def test_what_is_a_sites_own_may_go(path):
    assert why_kept(followed(path), []) == ""
