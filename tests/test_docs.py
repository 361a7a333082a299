"""What exists is documented, what is documented exists, and what is generated is up to date."""

import re
from pathlib import Path

import pytest

from orchestrator.cli.main import hasys
from orchestrator.model import Reason
from orchestrator.transport import FailureKind
from tests.support import cli_reference

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = sorted([ROOT / "README.md", *DOCS.rglob("*.md"), *(ROOT / "inventory").rglob("*.md")])
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
COMMAND = re.compile(r"^\$ (?:sudo )?hasys (.*)$", re.MULTILINE)


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path):
    targets = [link for link in LINK.findall(page.read_text()) if "://" not in link]

    assert [link for link in targets if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_page_has_one_title_and_comes_first(page: Path):
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)

    assert text.startswith("# ")
    assert len(re.findall(r"^# ", text, flags=re.MULTILINE)) == 1


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_commands_that_are_shown_exist(page: Path):
    known = {name.removeprefix("hasys ") for name, _ in cli_reference.commands(hasys)}
    shown = [words_of(line) for line in COMMAND.findall(page.read_text())]
    unknown = [
        words
        for words in shown
        if words and words[0] not in known and " ".join(words[:2]) not in known
    ]

    assert unknown == []


def words_of(line: str) -> list[str]:
    """The command's own words, without options before it."""
    words = line.split("#", maxsplit=1)[0].split()
    while words and words[0].startswith("-"):
        takes_value = words[0] in ("-i", "--inventory", "--state", "-o", "--output")
        words = words[2:] if takes_value else words[1:]
    return words


def test_the_command_line_reference_is_up_to_date(rewrite):
    file = DOCS / "reference" / "cli.md"
    if rewrite:
        file.write_text(cli_reference.page())

    assert file.read_text() == cli_reference.page()


@pytest.mark.parametrize("name", [name for name, _ in cli_reference.commands(hasys)])
def test_every_command_shows_an_example(name):
    command = dict(cli_reference.commands(hasys))[name]

    assert "Example" in (command.help or ""), f"{name} --help has no example"


@pytest.mark.parametrize("reason", list(Reason), ids=lambda reason: reason.value)
def test_every_reason_has_a_runbook(reason):
    assert (DOCS / "runbooks" / f"{reason.value}.md").exists()


def test_every_runbook_is_for_a_reason():
    books = {path.stem for path in (DOCS / "runbooks").glob("*.md")} - {"README"}
    reasons = {reason.value for reason in Reason} | {kind.value for kind in FailureKind}

    assert books <= reasons


def test_every_event_kind_is_documented():
    text = (DOCS / "reference" / "events.md").read_text()
    literal = re.compile(r'kind="([a-z-]+)"')
    kinds = {
        kind
        for path in (ROOT / "orchestrator").rglob("*.py")
        if "    Event(" in path.read_text()
        for kind in literal.findall(path.read_text())
    }

    assert sorted(kind for kind in kinds if f"`{kind}`" not in text) == []
