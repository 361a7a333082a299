"""Parser events to a tree, without recursion and without trusting the text.

A few hundred bytes of nested aliases can stand for billions of values, and deep nesting breaks
whoever walks the tree: both are counted here, as if every alias were written out.
"""

import dataclasses
from collections.abc import Iterable

import yaml

from orchestrator.config.problems import Path, Position, Problems
from orchestrator.config.yaml_nodes import Mapping, Node, Scalar, Sequence
from orchestrator.config.yaml_scalars import resolve

DEEPEST = 64
LARGEST = 200_000
"""Values of one document; long texts count for more, so that aliases cannot multiply them."""
TEXT_PER_VALUE = 64
STRING_TAGS = ("tag:yaml.org,2002:str", "!")
PLAIN_TAGS = ("tag:yaml.org,2002:map", "tag:yaml.org,2002:seq")
QUOTES = ("'", '"', "|", ">")


class StoppedAtProblem(Exception):
    """The rest of the file cannot be read; the problem has been noted."""


@dataclasses.dataclass(slots=True)
class _Built:
    """A node with what it would be if every alias in it were written out."""

    node: Node
    size: int
    height: int


@dataclasses.dataclass(slots=True)
class _Open:
    """A mapping or a sequence that has begun and not ended."""

    position: Position
    path: Path
    anchor: str | None
    is_mapping: bool
    items: list[Node] = dataclasses.field(default_factory=list)
    entries: dict[str, tuple[Scalar, Node]] = dataclasses.field(default_factory=dict)
    merged: list[Node] = dataclasses.field(default_factory=list)
    key: Scalar | None = None
    size: int = 1
    height: int = 1

    @property
    def child_path(self) -> Path:
        if not self.is_mapping:
            return (*self.path, len(self.items))
        return (*self.path, self.key.text) if self.key is not None else self.path


class TreeBuilder:
    def __init__(self, file: str, problems: Problems) -> None:
        self.root: Node | None = None
        self._file = file
        self._problems = problems
        self._open: list[_Open] = []
        self._anchors: dict[str, _Built] = {}
        self._documents = 0
        self._size = 0

    def consume(self, events: Iterable[yaml.Event]) -> None:
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                self._documents += 1
                if self._documents > 1:
                    hint = "one file holds one document: remove the line ---"
                    self._stop(event, "a second YAML document begins", hint)
            elif isinstance(event, yaml.ScalarEvent):
                self._scalar(event)
            elif isinstance(event, yaml.AliasEvent):
                self._alias(event)
            elif isinstance(event, yaml.CollectionStartEvent):
                self._begin(event)
            elif isinstance(event, yaml.CollectionEndEvent):
                self._end()

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        text, position = event.value, self._position(event)
        quoted = event.style in QUOTES
        if event.tag == "!vault":
            self._problem(
                position,
                "the value is encrypted with ansible-vault, which is not read here",
                "keep secrets in key files that only the controller may read",
            )
        elif event.tag is not None and event.tag not in STRING_TAGS:
            self._refuse_tag(event.tag, position)
        is_string = quoted or event.tag is not None
        node = Scalar(position, text if is_string else resolve(text), text, is_string)
        built = _Built(node, 1 + len(text) // TEXT_PER_VALUE, 0)
        self._grow(event, built)
        self._add(built, event.anchor)

    def _alias(self, event: yaml.AliasEvent) -> None:
        name = event.anchor or ""
        built = self._anchors.get(name)
        if built is None:
            inside = any(frame.anchor == name for frame in self._open)
            what = "stands inside its own anchor" if inside else "has no anchor before it"
            self._stop(event, f"the alias *{name} {what}", "")
            return
        self._grow(event, built)
        self._add(built, None)

    def _begin(self, event: yaml.CollectionStartEvent) -> None:
        position = self._position(event)
        if event.tag is not None and event.tag not in (*PLAIN_TAGS, "!"):
            self._refuse_tag(event.tag, position)
        path = self._open[-1].child_path if self._open else ()
        is_mapping = isinstance(event, yaml.MappingStartEvent)
        self._open.append(_Open(position, path, event.anchor, is_mapping))
        self._grow(event, _Built(Sequence(position, ()), 1, 0))

    def _end(self) -> None:
        frame = self._open.pop()
        node: Node
        if frame.is_mapping:
            self._merge(frame)
            node = Mapping(frame.position, tuple(frame.entries.values()))
        else:
            node = Sequence(frame.position, tuple(frame.items))
        self._add(_Built(node, frame.size, frame.height), frame.anchor)

    def _add(self, built: _Built, anchor: str | None) -> None:
        if anchor is not None:
            self._anchors[anchor] = built
        if not self._open:
            self.root = built.node
            return
        frame = self._open[-1]
        frame.size += built.size
        frame.height = max(frame.height, built.height + 1)
        if not frame.is_mapping:
            frame.items.append(built.node)
        elif frame.key is None:
            frame.key = self._key(built.node)
        else:
            self._entry(frame, frame.key, built.node)
            frame.key = None

    def _key(self, node: Node) -> Scalar:
        if isinstance(node, Scalar):
            return node
        self._problem(
            node.position,
            "a key must be a single word",
            'a template in braces needs quotes: "{{ name }}"',
        )
        return Scalar(node.position, "?", "?", quoted=True)

    def _entry(self, frame: _Open, key: Scalar, value: Node) -> None:
        if key.text == "<<" and not key.quoted:
            frame.merged.append(value)
            return
        if key.text in frame.entries:
            first = frame.entries[key.text][0].position
            self._problems.add(
                key.position,
                f"the key stands twice, first on line {first.line}, column {first.column}",
                path=frame.child_path,
                hint="keep one of them",
            )
            return
        frame.entries[key.text] = (key, value)

    def _merge(self, frame: _Open) -> None:
        """`<<: *defaults`: what stands in the mapping itself wins, then the first merged."""
        for value in frame.merged:
            for source in value.items if isinstance(value, Sequence) else (value,):
                if not isinstance(source, Mapping):
                    hint = "write <<: *NAME, or put the key in quotes"
                    self._problem(source.position, "<< merges mappings only", hint)
                    continue
                for key, entry in source.entries:
                    frame.entries.setdefault(key.text, (key, entry))

    def _grow(self, event: yaml.Event, built: _Built) -> None:
        self._size += built.size
        if self._size > LARGEST:
            what = f"the file holds more than {LARGEST:,} values, aliases written out"
            self._stop(event, what, "split it up, or use fewer aliases")
        if len(self._open) + built.height > DEEPEST:
            self._stop(event, f"nested more than {DEEPEST} levels deep", "")

    def _refuse_tag(self, tag: str, position: Position) -> None:
        short = tag.replace("tag:yaml.org,2002:", "!!")
        hint = "leave it away; quotes make a string"
        self._problem(position, f"the tag {short} is not known", hint)

    def _problem(self, position: Position, message: str, hint: str) -> None:
        path = self._open[-1].child_path if self._open else ()
        self._problems.add(position, message, path=path, hint=hint)

    def _stop(self, event: yaml.Event, message: str, hint: str) -> None:
        self._problems.add(self._position(event), message, hint=hint)
        raise StoppedAtProblem

    def _position(self, event: yaml.Event) -> Position:
        mark = event.start_mark
        line, column = (mark.line, mark.column) if mark is not None else (0, 0)
        return Position(self._file, line + 1, column + 1)
