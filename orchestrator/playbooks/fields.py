"""Values of keywords, read from YAML nodes; what does not fit is noted where it stands."""

import dataclasses
from collections.abc import Collection
from typing import Any

from orchestrator.config.problems import Position, Problems, did_you_mean
from orchestrator.config.strict_yaml import Mapping, Node, Scalar, Sequence, to_python
from orchestrator.playbooks import keywords
from orchestrator.playbooks.arguments import is_template, seconds
from orchestrator.playbooks.beside import Beside, Nothing
from orchestrator.playbooks.template import as_written, condition_problem, text_problem
from orchestrator.playbooks.variables import name_problem

_YES_NO = {"yes": True, "on": True, "no": False, "off": False}


@dataclasses.dataclass(slots=True)
class Gathered:
    """What all files of one playbook have together."""

    texts: dict[str, str] = dataclasses.field(default_factory=dict)
    """Of each file that was included, by path."""
    nodes: int = 0
    """Tasks, blocks and includes: files that include one another twice each grow fast."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Collects what is wrong with one file."""

    file: str
    problems: Problems
    beside: Beside = dataclasses.field(default_factory=Nothing)
    """The files that this one may include."""
    including: tuple[str, ...] = ()
    """The files on the way to this one: none may come again."""
    gathered: Gathered = dataclasses.field(default_factory=Gathered)

    def add(self, node: Node, message: str, hint: str = "") -> None:
        self.problems.add(node.position, message, hint=hint)

    def add_at(self, position: Position, message: str, hint: str = "") -> None:
        self.problems.add(position, message, hint=hint)

    def check_keys(
        self, node: Mapping, known: Collection[str], what: str, beside: Collection[str] = ()
    ) -> None:
        """Notes keywords that are not `known`; `beside`: also allowed, but no suggestion."""
        for key, _ in node.entries:
            if key.text in known or key.text in beside:
                continue
            if reason := keywords.refusal_of(key.text):
                self.add(key, f"'{key.text}': {reason}")
            else:
                hint = did_you_mean(key.text, known)
                self.add(key, f"unknown keyword '{key.text}' in a {what}", hint)


def text(node: Node, reader: Reader, word: str) -> str:
    """A text that is not empty and, unless it is a name, no template."""
    if not isinstance(node, Scalar) or not isinstance(node.value, str) or not node.value.strip():
        reader.add(node, f"'{word}' must be a text")
        return ""
    if "{{" in node.value and word == "name":
        check_templates(node, reader)
    elif "{{" in node.value:
        reader.add(node, f"'{word}' is read before the run begins and cannot be a template")
    return node.value


def optional_text(node: Node | None, reader: Reader, word: str) -> str:
    return text(node, reader, word) if node is not None else ""


def yes_no(node: Node, reader: Reader, word: str) -> bool | None:
    """Also `yes` and `no`, which are texts in YAML 1.2: here nothing else can be meant."""
    if isinstance(node, Scalar) and isinstance(node.value, bool):
        return node.value
    if isinstance(node, Scalar) and node.text in _YES_NO and not node.quoted:
        return _YES_NO[node.text]
    reader.add(node, f"'{word}' must be true or false")
    return None


def yes_no_or_template(node: Node, reader: Reader, word: str) -> bool | str | None:
    if isinstance(node, Scalar) and isinstance(node.value, str) and is_template(node.value):
        check_templates(node, reader)
        return node.value
    return yes_no(node, reader, word)


def texts(node: Node, reader: Reader, word: str) -> tuple[str, ...]:
    """A text or a list of texts, none of them a template."""
    items = node.items if isinstance(node, Sequence) else (node,)
    return tuple(found for item in items if (found := text(item, reader, word)))


def whole_number(node: Node, reader: Reader, word: str, at_least: int) -> int | None:
    value = node.value if isinstance(node, Scalar) else None
    if isinstance(value, int) and not isinstance(value, bool) and value >= at_least:
        return value
    reader.add(node, f"'{word}' must be a whole number, at least {at_least}")
    return None


def duration(node: Node, reader: Reader, word: str) -> float | None:
    try:
        return seconds(to_python(node))
    except ValueError as error:
        reader.add(node, f"'{word}': {error}")
        return None


def conditions(node: Node | None, reader: Reader, word: str) -> tuple[str, ...]:
    """One condition or a list of them, as texts; a YAML true or false is one, too."""
    if node is None:
        return ()
    found = []
    for item in node.items if isinstance(node, Sequence) else (node,):
        if isinstance(item, Scalar) and isinstance(item.value, bool):
            found.append(str(item.value).lower())
        elif isinstance(item, Scalar) and isinstance(item.value, str) and item.value.strip():
            if problem := condition_problem(item.value):
                reader.add(item, f"'{word}': {problem.message}")
            found.append(item.value)
        else:
            reader.add(item, f"'{word}' must be a condition, or a list of conditions")
    return tuple(found)


def variable_name(node: Node | None, reader: Reader, word: str) -> str | None:
    if node is None:
        return None
    name = text(node, reader, word)
    if name and (problem := name_problem(name)):
        reader.add(node, problem)
    return name or None


def variables(node: Node | None, reader: Reader, word: str = "vars") -> dict[str, Any]:
    """Names with values; texts in them may be templates."""
    if node is None:
        return {}
    if not isinstance(node, Mapping):
        reader.add(node, f"'{word}' must be a mapping of names to values")
        return {}
    for key, _ in node.entries:
        if problem := name_problem(key.text):
            reader.add(key, problem)
    check_templates(node, reader)
    values: dict[str, Any] = as_written(to_python(node))
    return values


def check_templates(node: Node, reader: Reader) -> None:
    """Notes every text in `node` that is a template with a mistake."""
    match node:
        case Scalar():
            if isinstance(node.value, str) and (problem := text_problem(node.value)):
                reader.add(node, f"template: {problem.message}")
        case Sequence():
            for item in node.items:
                check_templates(item, reader)
        case Mapping():
            for _, value in node.entries:
                check_templates(value, reader)
