"""YAML text to a tree of nodes with positions, or to all that is wrong with it.

Strict where PyYAML is not: duplicate keys are errors, aliases cannot grow without bound, what a
scalar means is in `yaml_scalars`. Called by the configuration and by the playbook parser.

    parsed = parse(text, "groups/billing.yaml")
    parsed.problems                    # read these first
    parsed.root                        # None where there is no tree at all
"""

import dataclasses
import re
from collections.abc import Iterable
from pathlib import Path as FilePath
from typing import Any

import yaml

from orchestrator.config.problems import Position, Problem, Problems
from orchestrator.config.yaml_builder import StoppedAtProblem, TreeBuilder
from orchestrator.config.yaml_nodes import (
    Mapping,
    Node,
    Scalar,
    Sequence,
    node_at,
    position_of,
    to_python,
)

__all__ = [
    "Mapping",
    "Node",
    "Parsed",
    "Scalar",
    "Sequence",
    "load_mapping",
    "node_at",
    "parse",
    "parse_bytes",
    "position_of",
    "read",
    "to_python",
]

LARGEST_FILE = 4 * 1024 * 1024
LARGEST_EXPLAINED = 64 * 1024
"""PyYAML's own parser explains errors better than libyaml, at 50 times the time."""

# Python's strings may hold what YAML does not allow: control characters, lone surrogates.
FORBIDDEN = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufeff\uff00-\ufffd\U00010000-\U0010ffff]"
)

HINTS = (
    (r"'\\t'", "indent with spaces"),
    (r"mapping values are not allowed", "a value with a colon and a blank in it needs quotes"),
    (r"that cannot start any token", "put the value in quotes"),
    (r"could not find expected ':'", "a key ends in a colon, or the line before is not closed"),
    (r"expected <block end>", "is the indentation that of the lines around it?"),
    (r"unexpected end of stream|<stream end>", "a quote or a bracket is not closed"),
    (r"expected ',' or", "a bracket is not closed, or a comma is missing"),
    (r"unknown escape character", "write the backslash twice, or use single quotes"),
)


@dataclasses.dataclass(frozen=True, slots=True)
class Parsed:
    """A tree, and the problems found on the way; with problems it serves only to find more."""

    root: Node | None
    problems: tuple[Problem, ...]
    text: str


def read(path: FilePath, shown_as: str, *, may_be_empty: bool = False) -> Parsed:
    """Parse a file; `shown_as` is its name in positions. Failing to read it is a problem too."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except OSError as error:
        return _failed(shown_as, f"cannot be read: {error.strerror}", "")
    return parse_bytes(data, shown_as, may_be_empty=may_be_empty)


def load_mapping(path: FilePath) -> dict[str, Any]:
    """A file of variables. Raises ConfigInvalid with all of its problems."""
    parsed = read(path, str(path), may_be_empty=True)
    problems = Problems()
    problems.extend(parsed.problems)
    if parsed.root is not None and not isinstance(parsed.root, Mapping):
        hint = "write NAME: VALUE"
        problems.add(parsed.root.position, "a file of variables holds keys with values", hint=hint)
    problems.raise_if_any()
    return dict(to_python(parsed.root)) if parsed.root is not None else {}


def parse_bytes(data: bytes, file: str, *, may_be_empty: bool = False) -> Parsed:
    if len(data) > LARGEST_FILE:
        return _failed(file, f"is larger than {LARGEST_FILE // 1024 // 1024} MiB", "split it up")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _failed(file, "is UTF-16", "save it as UTF-8")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        problems = Problems()
        wrong = f"byte 0x{data[error.start]:02x} is not UTF-8"
        problems.add(_place(before, len(before), file), wrong, hint="save the file as UTF-8")
        return Parsed(None, tuple(problems), "")
    return parse(text, file, may_be_empty=may_be_empty)


def parse(text: str, file: str, *, may_be_empty: bool = False) -> Parsed:
    """`may_be_empty`: a file of comments alone is an empty mapping and not an error."""
    problems = Problems()
    _check_characters(text, file, problems)
    if text.startswith("$ANSIBLE_VAULT;"):
        problems.add(
            Position(file, 1, 1),
            "is encrypted with ansible-vault, which is not read here",
            hint="decrypt it, and keep secrets in key files that only the controller may read",
        )
    if problems:
        return Parsed(None, tuple(problems), text)
    builder = TreeBuilder(file, problems)
    try:
        builder.consume(_events(text))
    except StoppedAtProblem:
        return Parsed(None, tuple(problems), text)
    except yaml.YAMLError as error:
        _add_syntax_error(_explained(error, text), file, problems)
        return Parsed(None, tuple(problems), text)
    root = builder.root
    if root is None or (isinstance(root, Scalar) and not root.text and not root.quoted):
        root = Mapping(Position(file, 1, 1), ()) if may_be_empty else None
        if not may_be_empty and not problems:
            problems.add_to_file(file, "is empty", hint="write something, or remove the file")
    return Parsed(root, tuple(problems), text)


def _events(text: str) -> Iterable[yaml.Event]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    events: Iterable[yaml.Event] = yaml.parse(text, Loader=loader)
    return events


def _explained(error: yaml.YAMLError, text: str) -> yaml.YAMLError:
    """The same error in PyYAML's words, so that messages do not depend on how it was built."""
    if len(text) > LARGEST_EXPLAINED:
        return error
    try:
        for _ in yaml.parse(text, Loader=yaml.SafeLoader):
            pass
    except yaml.YAMLError as explained:
        return explained
    return error


def _add_syntax_error(error: yaml.YAMLError, file: str, problems: Problems) -> None:
    mark = getattr(error, "problem_mark", None)
    what = str(getattr(error, "problem", None) or error)
    context, began = getattr(error, "context", None), getattr(error, "context_mark", None)
    if "'\\t'" in what:
        what = "a tab where YAML allows only spaces"
    message = f"not YAML: {what}"
    if context and began is not None and mark is not None and began.line != mark.line:
        message += f" ({context} that began on line {began.line + 1})"
    hint = next((hint for pattern, hint in HINTS if re.search(pattern, message)), "")
    hint = "indent with spaces" if "a tab where" in what else hint
    if mark is None:
        problems.add_to_file(file, message, hint=hint)
    else:
        problems.add(Position(file, mark.line + 1, mark.column + 1), message, hint=hint)


def _check_characters(text: str, file: str, problems: Problems) -> None:
    if text.startswith("\ufeff"):
        hint = "save it as UTF-8 without BOM"
        problems.add(Position(file, 1, 1), "begins with a byte order mark", hint=hint)
        return
    found = FORBIDDEN.search(text)
    if found is None:
        return
    code = ord(found.group())
    name = "a NUL byte" if code == 0 else f"the character U+{code:04X}"
    place = _place(text, found.start(), file)
    problems.add(place, f"{name} is not allowed in YAML", hint="remove it, or write it as \\x..")


def _place(text: str, index: int, file: str) -> Position:
    begin = text.rfind("\n", 0, index) + 1
    return Position(file, text.count("\n", 0, index) + 1, index - begin + 1)


def _failed(file: str, message: str, hint: str) -> Parsed:
    problems = Problems()
    problems.add_to_file(file, message, hint=hint)
    return Parsed(None, tuple(problems), "")
