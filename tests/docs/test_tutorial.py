"""What the tutorial and the how-tos show is typed on real servers, and must come out as shown.

`pytest --rewrite` writes what came out into the pages. Output with a line of `…` in it is left
as it is: there the page shows a part.
"""

import shutil
from pathlib import Path

import pytest

from tests.docs import shown
from tests.docs.stage import Stage, missing

DOCS = Path(__file__).parents[2] / "docs"
OTHER_LAB = {"kernel-lab.md", "drbd.md", "shared-disk.md"}
"""About a lab that takes minutes: what these pages show has tests of its own."""
PAGES = [
    page
    for page in sorted([*DOCS.glob("tutorial/*.md"), *DOCS.glob("howto/*.md")])
    if page.name not in OTHER_LAB
]
PLAYED = [
    page for page in PAGES if any(isinstance(one, shown.Console) for one in shown.parts(page))
]
FEW = 12
"""So many blocks of all pages may be left out, each with its reason."""


@pytest.fixture
def stage(fresh_namespaces_lab, tmp_path):
    return Stage(fresh_namespaces_lab, tmp_path)


@pytest.mark.lab
@pytest.mark.parametrize("page", PLAYED, ids=lambda page: page.stem)
def test_a_page_is_true(page, stage, rewrite):
    text = page.read_text()
    if "jq " in text and shutil.which("jq") is None:
        pytest.skip("this page uses jq, which is not here")
    for part in shown.parts(page):
        match part:
            case shown.File():
                stage.write(part.path, part.text)
            case shown.Console():
                text = text.replace(part.text, _played(part, stage, rewrite=rewrite), 1)
            case shown.Skipped():
                pass
    if rewrite:
        page.write_text(text)


def _played(part: shown.Console, stage: Stage, *, rewrite: bool) -> str:
    """The block as it should stand in the page."""
    lines = []
    for command in part.commands:
        code, output = stage.type(command)
        told = f"$ {command.line}\n{output}"
        if command.expects_zero and not set(command.output) & {"^C", "Killed"}:
            assert code == 0, told
        if not rewrite or not part.text:
            assert missing(command.output, output) == [], told
        shortened = shown.ANYTHING in command.output
        lines += [
            f"$ {stage.with_runs(command.line)}",
            *(command.output if shortened else output.splitlines()),
        ]
    return "".join(f"{line}\n" for line in lines) if part.text else ""


def test_few_blocks_are_not_run_and_each_says_why():
    skipped = [
        (page.name, one.reason)
        for page in PAGES
        for one in shown.parts(page)
        if isinstance(one, shown.Skipped)
    ]

    assert all(len(reason) > 10 for _, reason in skipped)
    assert len(skipped) <= FEW, skipped
