"""Paths that a real helper makes, links, removes: foretold as they are then done."""

import os

import pytest

from tests.helpers.foretold import do, mode_of, refused


def state(module_helper, path, word, **more):
    return do(module_helper, "file.state", path=str(path), state=word, **more)


def test_a_folder_with_those_above_it(module_helper, tmp_path):
    path = tmp_path / "a" / "b"

    made = state(module_helper, path, "directory", mode="0750")
    again = state(module_helper, path, "directory", mode="0750")

    assert path.is_dir()
    assert mode_of(path) == mode_of(path.parent) == "0750"
    assert made["changed"]
    assert not again["changed"]
    assert again["result"]["mode"] == "0750"


def test_owner_and_mode_of_all_that_is_below(module_helper, tmp_path):
    inner = tmp_path / "a" / "x"
    inner.parent.mkdir()
    inner.write_text("x")
    asked = {"recurse": True, "owner": "12345"}

    assert state(module_helper, tmp_path, "directory", **asked)["changed"]
    assert inner.stat().st_uid == 12345
    assert not state(module_helper, tmp_path, "directory", **asked)["changed"]


def test_touch_makes_a_file_and_always_changes(module_helper, tmp_path):
    path = tmp_path / "flag"

    assert state(module_helper, path, "touch")["before"] == {"kind": "absent"}
    os.utime(path, (1, 1))
    assert state(module_helper, path, "touch")["changed"]
    assert path.stat().st_mtime > 1


def test_a_file_that_is_not_there_is_not_made_by_its_attributes(module_helper, tmp_path):
    missing = refused(
        module_helper, "file.state", path=str(tmp_path / "no"), state="file", mode="0600"
    )

    assert "is not there" in missing


def test_what_is_removed_can_be_put_back_if_it_was_a_text(module_helper, tmp_path):
    path = tmp_path / "x"
    path.write_text("content")
    path.chmod(0o600)

    gone = state(module_helper, path, "absent")

    assert not path.exists()
    assert (gone["before"]["content"], gone["before"]["mode"]) == ("content", "0600")
    assert not state(module_helper, path, "absent")["changed"]


def test_a_folder_goes_with_all_that_is_below_it(module_helper, tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)

    assert state(module_helper, tmp_path / "a", "absent")["before"]["empty"] is False
    assert list(tmp_path.iterdir()) == []


def test_what_must_stay_is_refused_when_it_is_foretold(module_helper):
    """Asked with `check` alone, which has no way to do it."""
    for path in ("//etc/", "/proc/self/root/etc"):
        args = {"path": path, "state": "absent"}

        said = module_helper.call("check", op="file.state", args=args)

        assert "is left as it is" in said["error"]["message"]


def test_links(module_helper, tmp_path):
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("x")

    assert state(module_helper, link, "link", src="target")["changed"]
    assert not state(module_helper, link, "link", src="target")["changed"]
    assert str(link.readlink()) == "target"
    other = state(module_helper, link, "link", src="/dev/null")
    assert other["before"] == {"kind": "link", "src": "target"} | {
        word: other["before"][word] for word in ("mode", "owner", "group", "same_content")
    }
    dangling = refused(module_helper, "file.state", path=str(link), state="link", src="nowhere")
    assert "points to nothing" in dangling
    assert state(module_helper, link, "link", src="nowhere", force=True)["changed"]
    file = refused(module_helper, "file.state", path=str(target), state="link", src="/dev/null")
    assert "is there and no link" in file
    assert state(module_helper, tmp_path / "hard", "hard", src=str(target))["changed"]
    assert (tmp_path / "hard").samefile(target)


@pytest.mark.parametrize(
    ("mode", "before", "after"),
    [
        ("0644", 0o777, "0644"),
        ("1777", 0o700, "1777"),
        ("u=rwx,go=rx", 0o600, "0755"),
        ("a+x", 0o644, "0755"),
        ("+x", 0o644, "0755"),
        ("go-rwx", 0o777, "0700"),
        ("u+s", 0o755, "4755"),
        ("o=", 0o755, "0750"),
        ("a=rX", 0o744, "0555"),
        ("a=rX", 0o644, "0444"),
    ],
)
def test_modes_as_chmod_reads_them(module_helper, tmp_path, mode, before, after):
    path = tmp_path / "x"
    path.touch()
    path.chmod(before)

    state(module_helper, path, "file", mode=mode)

    assert mode_of(path) == after
