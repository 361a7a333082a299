"""The sizes and names of docs/STYLE.md, as far as the linters do not know them."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PRODUCT = sorted(
    path for top in ("orchestrator", "remote_helpers") for path in (ROOT / top).rglob("*.py")
)
EVERYTHING = [*PRODUCT, *sorted((ROOT / "tests").rglob("*.py"))]
FILE_LINES = 300
FUNCTION_LINES = 60
BANNED_NAMES = {"utils", "util", "helpers", "common", "misc", "constants", "shared"}


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", EVERYTHING, ids=name_of)
def test_a_file_can_be_read_in_one_sitting(path: Path):
    lines = len(path.read_text().splitlines())

    assert lines <= FILE_LINES, f"{name_of(path)} has {lines} lines: split it by reason"


@pytest.mark.parametrize("path", EVERYTHING, ids=name_of)
def test_a_function_fits_on_a_screen(path: Path):
    too_long = [
        f"{name_of(path)}:{node.lineno} {node.name}"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno >= FUNCTION_LINES
    ]

    assert too_long == []


@pytest.mark.parametrize("path", EVERYTHING, ids=name_of)
def test_a_name_says_what_is_inside(path: Path):
    assert path.stem not in BANNED_NAMES


@pytest.mark.parametrize("path", PRODUCT, ids=name_of)
def test_a_module_says_what_it_is_for(path: Path):
    if path.name == "py.typed" or not path.read_text().strip():
        pytest.fail(f"{name_of(path)} is empty: even a package says what it turns into what")

    assert ast.get_docstring(ast.parse(path.read_text())), f"{name_of(path)} has no docstring"
