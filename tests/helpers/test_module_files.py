"""Files made, edited and described by a real helper: what is foretold is what is then done."""

import base64
import os
from pathlib import Path

import pytest

from tests.helpers.foretold import do, mode_of, refused
from tests.helpers.session import REIGN


def test_a_file_is_made_and_then_left_alone(module_helper, tmp_path):
    path = tmp_path / "my.cnf"
    asked = {"path": str(path), "content": "a = 1\n", "mode": "0640"}

    made = do(module_helper, "file.write", **asked)
    again = do(module_helper, "file.write", **asked)

    assert path.read_text() == "a = 1\n"
    assert mode_of(path) == "0640"
    assert made["changed"]
    assert made["before"] == {"kind": "absent"}
    assert made["diff"] == {"before": "", "after": "a = 1\n", "what": str(path)}
    assert made["result"]["mode"] == "0640"
    assert not again["changed"]
    assert again["result"]["checksum"] == made["result"]["checksum"]


def test_a_check_writes_nothing(module_helper, tmp_path):
    args = {"path": str(tmp_path / "x"), "content": "x"}

    assert module_helper.call("check", op="file.write", args=args)["data"]["would"] == "change"
    assert list(tmp_path.iterdir()) == []


def test_what_is_replaced_keeps_mode_owner_and_attributes_and_can_be_put_back(
    module_helper, tmp_path
):
    path = tmp_path / "secret"
    path.write_text("old")
    path.chmod(0o600)
    os.chown(path, 12345, 54321)
    os.setxattr(path, "user.origin", b"site")

    done = do(module_helper, "file.write", path=str(path), content="new")

    seen = path.stat()
    assert path.read_text() == "new"
    assert (mode_of(path), seen.st_uid, seen.st_gid) == ("0600", 12345, 54321)
    assert os.getxattr(path, "user.origin") == b"site"
    assert done["before"] == {
        "kind": "file",
        "content": "old",
        "mode": "0600",
        "owner": 12345,
        "group": 54321,
    }


def test_a_reader_never_sees_half_of_a_file(module_helper, tmp_path):
    path = tmp_path / "large"
    path.write_text("old")

    with path.open() as reader:
        do(module_helper, "file.write", path=str(path), content="new" * 100_000)

        assert reader.read() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["large"]


def test_through_a_link_its_target_is_written(module_helper, tmp_path):
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("old")
    link.symlink_to("target")

    do(module_helper, "file.write", path=str(link), content="new")

    assert link.is_symlink()
    assert target.read_text() == "new"


def test_a_folder_takes_the_file_under_its_own_name(module_helper, tmp_path):
    done = do(module_helper, "file.write", path=str(tmp_path), name="a.conf", content="a")

    assert done["result"]["dest"] == str(tmp_path / "a.conf")


def test_only_the_mode_differs(module_helper, tmp_path):
    path = tmp_path / "run.sh"
    path.write_text("x")
    path.chmod(0o644)

    done = do(module_helper, "file.write", path=str(path), content="x", mode="u+x,o=")

    assert done["changed"]
    assert done["diff"] is None
    assert "mode 0644 becomes 0740" in done["detail"]
    assert mode_of(path) == "0740"


def test_without_force_what_is_there_stays(module_helper, tmp_path):
    path = tmp_path / "x"
    path.write_text("theirs")

    assert not do(module_helper, "file.write", path=str(path), content="ours", force=False)[
        "changed"
    ]
    assert path.read_text() == "theirs"


def test_a_backup_holds_what_was_there(module_helper, tmp_path):
    path = tmp_path / "x"
    path.write_text("old")

    done = do(module_helper, "file.write", path=str(path), content="new", backup=True)

    assert Path(done["result"]["backup_file"]).read_text() == "old"


def test_what_its_program_does_not_accept_is_not_written(module_helper, tmp_path):
    path = tmp_path / "sudoers"
    path.write_text("good\n")
    asked = {"path": str(path), "validate": "grep -q good %s"}

    refusal = module_helper.call("file.write", reign=REIGN, content="bad\n", **asked)

    assert "does not accept it (exit code 1)" in refusal["error"]["message"]
    assert path.read_text() == "good\n"
    assert do(module_helper, "file.write", content="as good\n", **asked)["changed"]


def test_what_cannot_be_written_is_foretold(module_helper, tmp_path):
    nowhere = str(tmp_path / "no" / "where")

    assert "is not there" in refused(module_helper, "file.write", path=nowhere, content="")
    assert "is a folder" in refused(module_helper, "file.write", path=str(tmp_path), content="")
    user = refused(
        module_helper, "file.write", path=str(tmp_path / "x"), content="", owner="nobody-here"
    )
    assert user == "there is no user nobody-here on this server"


def test_a_file_of_the_server_is_copied_with_its_mode(module_helper, tmp_path):
    source, path = tmp_path / "source", tmp_path / "copy"
    source.write_bytes(b"\xff\x00binary")
    source.chmod(0o751)

    args = {"path": str(path), "from": str(source), "mode": "preserve"}
    do(module_helper, "file.write", **args)

    assert path.read_bytes() == source.read_bytes()
    assert mode_of(path) == "0751"


def test_a_line_is_put_in_place_of_the_one_that_fits(module_helper, tmp_path):
    path = tmp_path / "keepalived.conf"
    path.write_text("a\npriority 100\nb\n")
    how = {"edit": "line", "state": "present", "regexp": "^priority", "line": "priority 50"}

    done = do(module_helper, "file.edit", path=str(path), how=how)

    assert path.read_text() == "a\npriority 50\nb\n"
    assert done["result"]["msg"] == "line replaced"
    assert done["before"]["content"] == "a\npriority 100\nb\n"
    assert not do(module_helper, "file.edit", path=str(path), how=how)["changed"]


def test_a_file_that_is_not_there_is_only_made_on_request(module_helper, tmp_path):
    path = tmp_path / "new"
    how = {"edit": "line", "state": "present", "line": "x"}

    assert "'create: true'" in refused(module_helper, "file.edit", path=str(path), how=how)
    do(module_helper, "file.edit", path=str(path), how=how, create=True)
    assert path.read_text() == "x\n"
    gone = {"edit": "line", "state": "absent", "line": "x"}
    assert not do(module_helper, "file.edit", path=str(tmp_path / "other"), how=gone)["changed"]


def test_what_is_no_text_is_not_edited(module_helper, tmp_path):
    path = tmp_path / "binary"
    path.write_bytes(b"\xff\xfe")
    how = {"edit": "line", "state": "present", "line": "x"}

    assert "is not UTF-8" in refused(module_helper, "file.edit", path=str(path), how=how)


def test_stat_says_what_ansible_says(module_helper, tmp_path):
    path, link = tmp_path / "x", tmp_path / "link"
    path.write_text("hello")
    path.chmod(0o644)
    link.symlink_to(path)

    seen = module_helper.call("file.stat", path=str(path))["data"]["stat"]
    of_link = module_helper.call("file.stat", path=str(link))["data"]["stat"]
    followed = module_helper.call("file.stat", path=str(link), follow=True)["data"]["stat"]
    missing = module_helper.call("file.stat", path=str(tmp_path / "no"))["data"]["stat"]

    assert (seen["exists"], seen["isreg"], seen["mode"], seen["size"]) == (True, True, "0644", 5)
    assert seen["checksum"] == "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d"
    assert (of_link["islnk"], of_link["lnk_source"]) == (True, str(path))
    assert followed["isreg"]
    assert missing == {"exists": False}


def test_a_file_is_read_whatever_its_encoding(module_helper, tmp_path):
    path = tmp_path / "latin"
    path.write_bytes("Größe".encode("latin-1"))

    data = module_helper.call("file.read", src=str(path))["data"]

    assert base64.b64decode(data["content"]) == path.read_bytes()
    path.write_bytes(b"x" * (1024 * 1024 + 1))
    assert "larger than" in module_helper.call("file.read", src=str(path))["error"]["message"]
    missing = module_helper.call("file.read", src=str(tmp_path / "no"))
    assert "cannot be read" in missing["error"]["message"]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"patterns": ["*.log"]}, ["a.log"]),
        ({"patterns": ["*.log"], "recurse": True}, ["a.log", "sub/b.log"]),
        ({"patterns": [r"^a\."], "use_regex": True}, ["a.log", "a.txt"]),
        ({"file_type": "directory"}, ["sub"]),
        ({"size": 3}, ["a.txt"]),
        ({"size": -2}, ["a.log"]),
        ({"age": 3600}, ["a.log"]),
        ({"hidden": True, "patterns": [".*"]}, [".hidden"]),
        ({"excludes": ["*.txt"]}, ["a.log"]),
    ],
)
def test_find(module_helper, tmp_path, asked, found):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "b.log").write_text("b")
    (tmp_path / "a.log").write_text("a")
    os.utime(tmp_path / "a.log", (1, 1))
    (tmp_path / "a.txt").write_text("long")
    (tmp_path / ".hidden").write_text("hidden")

    data = module_helper.call("file.find", paths=[str(tmp_path), "/nowhere"], **asked)["data"]

    assert [os.path.relpath(one["path"], tmp_path) for one in data["files"]] == found
    assert list(data["skipped_paths"]) == ["/nowhere"]
