"""Which directory is read, what the example is worth, and what a configuration answers."""

import dataclasses
import shutil
import time
from pathlib import Path

import pytest

from orchestrator import resources
from orchestrator.config.directory import find_directory
from orchestrator.config.example import write_example
from orchestrator.config.load import load
from orchestrator.config.schema import json_schema
from orchestrator.errors import ConfigInvalid, UsageError


def test_the_option_wins_over_the_environment_and_that_over_the_place(tmp_path: Path):
    for name in ("option", "variable", "inventory"):
        (tmp_path / name).mkdir()
    environment = {"HASYS_INVENTORY": "variable"}

    assert find_directory(Path("option"), environment, tmp_path) == Path("option")
    assert find_directory(None, environment, tmp_path) == Path("variable")
    assert find_directory(None, {}, tmp_path) == Path("inventory")


def test_without_any_directory_all_places_are_named(tmp_path: Path, monkeypatch):
    monkeypatch.setattr("orchestrator.config.directory.SYSTEM_DIRECTORY", tmp_path / "etc/hasys")
    with pytest.raises(
        UsageError, match=r"no -i DIR, no HASYS_INVENTORY, .*inventory, .*etc/hasys"
    ):
        find_directory(None, {}, tmp_path)


def test_a_directory_that_is_not_there_is_named_with_who_named_it(tmp_path: Path):
    with pytest.raises(UsageError, match="-i names nowhere, which is not a directory"):
        find_directory(Path("nowhere"), {}, tmp_path)
    with pytest.raises(UsageError, match="HASYS_INVENTORY names nowhere"):
        find_directory(None, {"HASYS_INVENTORY": "nowhere"}, tmp_path)


def test_the_example_is_valid_and_quickly_loaded(tmp_path: Path):
    write_example(tmp_path)
    load(tmp_path)
    began = time.perf_counter()
    configuration = load(tmp_path)

    assert time.perf_counter() - began < 0.1
    assert list(configuration.groups) == ["billing"]


def test_the_example_replaces_no_file_of_a_person(tmp_path: Path):
    (tmp_path / "groups").mkdir()
    (tmp_path / "groups/billing.yaml").write_text("mine")
    with pytest.raises(UsageError, match=r"groups/billing\.yaml exists already"):
        write_example(tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["groups"]
    assert (tmp_path / "groups/billing.yaml").read_text() == "mine"


def test_a_group_that_is_not_there_gets_the_nearest_one(tmp_path: Path):
    write_example(tmp_path)
    configuration = load(tmp_path)
    with pytest.raises(UsageError, match="there is no group biling") as raised:
        configuration.group("biling")

    assert raised.value.hint == "did you mean billing? known: billing"


def change(directory: Path, file: str, old: str, new: str) -> None:
    path = directory / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("groups/billing.yaml", "lease: 3s", "lease: 4s"),
        ("hosts.yaml", "192.168.1.51", "192.168.1.53"),
        ("group_vars/billing.yaml", "maintenance.html", "back-soon.html"),
    ],
)
def test_a_digest_changes_with_what_a_group_is_built_from(
    tmp_path: Path, file: str, old: str, new: str
):
    write_example(tmp_path)
    before = load(tmp_path).digests["billing"]
    change(tmp_path, file, old, new)

    assert load(tmp_path).digests["billing"] != before


def test_a_digest_does_not_change_with_a_comment(tmp_path: Path):
    write_example(tmp_path)
    before = load(tmp_path).digests["billing"]
    change(tmp_path, "groups/billing.yaml", "group: billing", "# a comment\ngroup: billing")

    assert load(tmp_path).digests["billing"] == before


def test_a_password_is_shown_nowhere(tmp_path: Path):
    write_example(tmp_path)
    change(tmp_path, "hosts.yaml", "ansible_user: root", "ansible_ssh_pass: hunter2")
    configuration = load(tmp_path)

    assert configuration.servers["linux1"].login.password == "hunter2"
    assert "hunter2" not in repr(configuration)
    assert "hunter2" not in str(
        [dataclasses.asdict(g)["variables"] for g in configuration.groups.values()]
    )


def test_one_broken_file_hides_no_problem_of_another(tmp_path: Path):
    write_example(tmp_path)
    change(tmp_path, "hosts.yaml", "ansible_user", "ansible_usr")
    (tmp_path / "groups/broken.yaml").write_text("group: [")
    with pytest.raises(ConfigInvalid) as raised:
        load(tmp_path)

    assert len(raised.value.problems) == 2


def test_the_schema_for_editors_knows_every_type():
    schema = json_schema()

    assert {"group", "servers", "resources", "timing"} <= set(schema["properties"])
    assert {
        "IpResource",
        "MountResource",
        "ProcessResource",
        "SystemdResource",
        "CommandResource",
    } <= set(schema["$defs"])


def test_shipped_files_are_found_in_this_checkout():
    assert (resources.example_inventory() / "hosts.yaml").is_file()
    assert (resources.helper_package() / "__init__.py").is_file()
    assert resources.playbook_library().is_dir()


def test_shipped_files_are_found_as_a_wheel_lays_them_out(tmp_path: Path, monkeypatch):
    package = tmp_path / "orchestrator"
    (package / "playbooks/library").mkdir(parents=True)
    shutil.copytree(resources.example_inventory(), package / "_data/inventory")
    monkeypatch.setattr("orchestrator.resources.files", lambda _: package)

    assert resources.example_inventory() == package / "_data/inventory"
    assert resources.playbook_library() == package / "playbooks/library"
