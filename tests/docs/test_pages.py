"""What pages show beside commands: valid resources, documents with the keys that are named."""

import json
import re
from pathlib import Path

import pytest
import yaml

from orchestrator.config.load import load
from orchestrator.model import Reason
from tests.docs import shown
from tests.docs.stage import Stage

DOCS = Path(__file__).parents[2] / "docs"
JSON = (DOCS / "reference" / "json.md").read_text()
KEY = re.compile(r"`([a-z_0-9.\[\]A-Z]+)`")
RUNBOOKS = DOCS / "runbooks"
FIVE = [
    "What it means",
    "Why HA_SYS",
    "What to look at",
    "What to do",
    "When it is safe to override",
]
DOCUMENTS = {
    "run": "hasys start web",
    "status": "hasys status",
    "refused": "hasys start web --on linux2 2>/dev/null",
    "explain": "hasys explain web",
    "events": "hasys events",
    "history": "hasys history",
    "run-steps": "hasys history --run $(hasys history | awk 'NR == 2 {print $1}')",
    "run-log": "hasys run show $(hasys history | awk 'NR == 2 {print $1}')",
    "check": "hasys check",
    "inventory": "hasys inventory",
    "flow": "hasys flow show web",
    "plan": "hasys plan web stop",
    "rollback": "hasys rollback $(hasys history | awk 'NR == 2 {print $1}') --list",
    "playbooks": "hasys playbooks list",
    "authorize": "hasys authorize linux1",
}


def test_the_resources_of_the_how_to_are_valid_together(tmp_path):
    page = (DOCS / "howto" / "add-a-resource.md").read_text()
    blocks = [body for language, body in shown.FENCE.findall(page) if language == "yaml"]
    resources = {name: one for block in blocks for name, one in yaml.safe_load(block).items()}
    group = {
        "group": "shop",
        "servers": ["linux1", "linux2"],
        "preferred_active": "linux1",
        "networks": {"public": {"interface": "eth0"}},
        "resources": resources,
    }
    hosts = {"linux1": {"ansible_host": "192.0.2.1"}, "linux2": {"ansible_host": "192.0.2.2"}}
    (tmp_path / "groups").mkdir()
    (tmp_path / "groups" / "shop.yaml").write_text(yaml.safe_dump(group, sort_keys=False))
    inventory = {"all": {"children": {"shop": {"hosts": hosts}}}}
    (tmp_path / "hosts.yaml").write_text(yaml.safe_dump(inventory))

    types = {one.type for one in load(tmp_path).group("shop").resources.values()}

    assert types == {"mount", "systemd", "process", "command", "ip"}


@pytest.mark.lab
def test_documents_have_exactly_the_keys_that_are_documented(fresh_namespaces_lab, tmp_path):
    stage = Stage(fresh_namespaces_lab, tmp_path)
    inventory = fresh_namespaces_lab.description.inventory
    key = f"{tmp_path}/home/.ssh/id_ed25519"
    stage.type(shown.Command(line=f"cp -r {inventory} inventory", output=()))
    stage.type(
        shown.Command(
            line=f"sed -i 's,private_key_file: .*,private_key_file: {key},' inventory/hosts.yaml",
            output=(),
        )
    )

    for schema, line in DOCUMENTS.items():
        _, output = stage.type(shown.Command(line=f"{line} -o json", output=()))
        document = json.loads(output)

        printed = document.pop("schema")
        assert re.fullmatch(rf"hasys/{schema}/v\d+", printed)
        keys = keys_of(document) | ONLY_SOMETIMES.get(schema, set())
        assert keys == documented(printed), f"{line}\n{output}"


ONLY_SOMETIMES = {
    "status": {
        "copies",
        "data",
        "condition",
        "in_sync_at",
        "text",
        "reason",
        "goal",
        "run",
        "reasons",
        "roles",
        "solo",
    },
    "explain": {"reason", "evidence", "advice"},
    "check": {"group", "server", "weight", "what", "advice"},
    "plan": {"what", "before", "after"},
}
NAMED = (
    *("resources", "networks", "failures", "unreachable", "addresses", "variables", "recap"),
    "result",
)
"""Mappings whose keys are names, not words of ours."""


def keys_of(value: object) -> set[str]:
    """All keys at any depth."""
    if isinstance(value, list):
        return {key for one in value for key in keys_of(one)}
    if not isinstance(value, dict):
        return set()
    found = set(value)
    for key, inner in value.items():
        if key in NAMED and isinstance(inner, dict):
            found |= {deep for one in inner.values() for deep in keys_of(one)}
        else:
            found |= keys_of(inner)
    return found


def documented(schema: str) -> set[str]:
    """All keys that the section names; values stand in quotes there."""
    section = JSON.split(f"## {schema}\n", 1)[1].split("\n## ", 1)[0]
    words = {word.removesuffix("[]") for path in KEY.findall(section) for word in path.split(".")}
    return words - {"NAME", "SERVER", "DEVICE"}


def test_the_korean_tutorial_shows_what_the_english_one_shows(rewrite):
    korean = DOCS / "ko" / "tutorial" / "first-pair.md"
    shows = [
        match[0] for match in shown.FENCE.finditer((DOCS / "tutorial" / korean.name).read_text())
    ]
    if rewrite:
        blocks = iter(shows)
        korean.write_text(shown.FENCE.sub(lambda _: next(blocks), korean.read_text()))

    assert [match[0] for match in shown.FENCE.finditer(korean.read_text())] == shows


@pytest.mark.parametrize("reason", [reason.value for reason in Reason])
def test_a_runbook_has_its_five_parts_and_stands_in_the_table(reason):
    parts = re.findall(r"^## (.*)$", (RUNBOOKS / f"{reason}.md").read_text(), re.MULTILINE)

    assert len(parts) == len(FIVE)
    assert all(part.startswith(begin) for part, begin in zip(parts, FIVE, strict=True))
    assert f"| [{reason}]({reason}.md) |" in (RUNBOOKS / "README.md").read_text()
