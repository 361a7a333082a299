import pytest

from orchestrator.errors import ConfigInvalid, UsageError
from orchestrator.playbooks import library


def test_shipped_playbooks_have_a_summary_each():
    shipped = {file.name: file.summary for file in library.find_all(None)}

    assert set(shipped) >= {"start", "stop", "switchover"}
    assert all(shipped.values())
    assert shipped["start"] == "Start a group's service on one server"


def test_a_playbook_of_the_site_replaces_the_shipped_one(tmp_path):
    folder = tmp_path / "playbooks"
    folder.mkdir()
    (folder / "start.yaml").write_text("# Ours.\n- {hosts: target, tasks: []}\n")
    (folder / "patch.yml").write_text("- {hosts: group, tasks: []}\n")
    (folder / "notes.txt").write_text("not a playbook")

    found = {file.name: file.is_shipped for file in library.find_all(tmp_path)}

    assert {name for name, is_shipped in found.items() if not is_shipped} == {"patch", "start"}
    assert found["stop"]
    assert found["switchover"]
    assert library.find("start", tmp_path).summary == "Ours"
    assert library.read("patch", tmp_path).plays[0].hosts == "group"


def test_a_path_names_a_file(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("- {hosts: target}\n")

    with pytest.raises(ConfigInvalid) as caught:
        library.read(str(file), None)

    assert caught.value.problems[0].startswith(f"{file}:1:3: a play needs 'tasks'")


def test_what_is_not_there(tmp_path):
    with pytest.raises(UsageError) as caught:
        library.find("switchver", None)
    assert "switchover" in caught.value.hint
    with pytest.raises(UsageError, match="cannot be read"):
        library.read(str(tmp_path / "nowhere.yaml"), None)


def test_a_copy_brings_what_it_imports_and_leaves_what_the_site_has(tmp_path):
    library.copy("failback", tmp_path)
    own = tmp_path / "playbooks" / "switchover.yaml"
    own.write_text(own.read_text().replace("Stop on the source", "Our stop"))

    new = library.copy("rolling-upgrade", tmp_path)

    assert [path.name for path in new] == ["rolling-upgrade.yaml"]
    names = [play.name for play in library.read("rolling-upgrade", tmp_path).plays]
    assert "Our stop" in names
