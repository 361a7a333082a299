"""A YAML document as a frozen tree in which every node knows its place.

`strict_yaml.parse` makes it; `schema` and the playbook parser read it.
"""

import dataclasses
from typing import Any

from orchestrator.config.problems import Path, Position

Value = str | int | float | bool | None


@dataclasses.dataclass(frozen=True, slots=True)
class Scalar:
    position: Position
    value: Value
    """What it means by the rules of YAML 1.2."""
    text: str
    """What stands in the file, without quotes: `007`, `no`, `22:22`."""
    quoted: bool = False
    """In quotes or a block (`|`, `>`): a string whatever it looks like."""


@dataclasses.dataclass(frozen=True, slots=True)
class Sequence:
    position: Position
    items: tuple["Node", ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Mapping:
    position: Position
    entries: tuple[tuple[Scalar, "Node"], ...]
    """In the order of the file; keys are told apart by their text and are never twice."""

    def get(self, key: str) -> "Node | None":
        return next((node for name, node in self.entries if name.text == key), None)

    def key(self, key: str) -> Scalar | None:
        """The key itself, for its position."""
        return next((name for name, _ in self.entries if name.text == key), None)

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(name.text for name, _ in self.entries)


Node = Scalar | Sequence | Mapping


def to_python(node: Node) -> Any:
    """Plain dicts, lists and scalars; keys of mappings are always strings."""
    if isinstance(node, Mapping):
        return {name.text: to_python(value) for name, value in node.entries}
    if isinstance(node, Sequence):
        return [to_python(item) for item in node.items]
    return node.value


def child(node: Node, part: str | int) -> Node | None:
    """What stands under a key or at a place of a list; None: nothing does."""
    if isinstance(node, Mapping):
        return node.get(str(part))
    if isinstance(node, Sequence) and isinstance(part, int) and 0 <= part < len(node.items):
        return node.items[part]
    return None


def node_at(node: Node, path: Path) -> Node | None:
    found: Node | None = node
    for part in path:
        found = child(found, part) if found is not None else None
    return found


def position_of(node: Node, path: Path, *, key: bool = False) -> Position:
    """Where the value at `path` stands (`key`: where its key does).

    Where the path leaves the tree the last node on it answers: that is where a missing key belongs.
    """
    here = node
    position = node.position
    for number, part in enumerate(path):
        found = child(here, part)
        if found is None:
            break
        position = found.position
        if key and number == len(path) - 1 and isinstance(here, Mapping):
            name = here.key(str(part))
            position = name.position if name else position
        here = found
    return position
