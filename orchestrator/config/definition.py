"""One file below `groups/` to a checked `schema.GroupFile`, with every problem at its place.

A part with problems is left out and the rest is checked on, so that one mistake hides no other.
"""

import copy
import dataclasses
from collections.abc import Iterator
from pathlib import Path as FilePath
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from orchestrator.config import schema, schema_fencing, schema_policies
from orchestrator.config.problems import Path, Position, Problems, did_you_mean
from orchestrator.config.strict_yaml import (
    Mapping,
    Node,
    Scalar,
    Sequence,
    node_at,
    position_of,
    read,
    to_python,
)

MODELS: dict[str, type[BaseModel]] = {
    "timing": schema.Timing,
    "policies": schema_policies.Policies,
    "flapping": schema_policies.Flapping,
    "quarantine": schema_policies.Quarantine,
    "brake": schema_policies.Brake,
    "automatic": schema.Automatic,
    "restart": schema.Restart,
    "timeouts": schema.Timeouts,
    "command": schema.Command,
    **{f"({name})": model for name, model in schema.RESOURCE_TYPES.items()},
}

FORMS: dict[str, type[BaseModel]] = {
    "failback": schema.FailbackRule,
    "resources": schema.AfterRule,
    "fencing": schema_fencing.SecretSource,
}
"""What stands where a word or a mapping may stand."""

TAG_PLACES = {"resources": (2, 5), "networks": (3,), "failback": (1,), "fencing": (4,)}
"""Where pydantic puts the tag of a form or type into a location: it stands in no file."""

MESSAGES = {
    "string_type": ("must be text", "put it in quotes"),
    "bool_type": ("must be true or false", "yes, no, on and off are words in YAML 1.2"),
    "int_type": ("must be a whole number", ""),
    "list_type": ("must be a list", "write [ONE, TWO]"),
    "dict_type": ("must be keys with values", "write NAME: VALUE below it"),
    "model_type": ("must be keys with values", "write NAME: VALUE below it"),
    "model_attributes_type": ("must be keys with values", "write NAME: VALUE below it"),
}


DEVICE_FIELDS = frozenset(schema_fencing.FenceDevice.model_fields)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    file: str
    stem: str
    root: Node
    content: dict[str, Any]
    """As written, for the digest."""
    model: schema.GroupFile
    left_out: frozenset[Path]
    """What had problems: the model holds a stand-in or nothing there."""

    def position(self, path: Path, *, key: bool = False) -> Position:
        return position_of(self.root, path, key=key)

    def has(self, *path: str) -> bool:
        return path not in self.left_out

    def names(self, section: str) -> tuple[str, ...]:
        """All names written in a section, those with problems too."""
        node = node_at(self.root, (section,))
        return node.keys if isinstance(node, Mapping) else ()


def read_definition(path: FilePath, problems: Problems) -> Definition | None:
    """None where there is nothing to go on with; the problems have been noted."""
    parsed = read(path, str(path))
    problems.extend(parsed.problems)
    if parsed.root is None:
        return None
    if not isinstance(parsed.root, Mapping):
        hint = "begin with the line group: NAME"
        problems.add(parsed.root.position, "a group definition holds keys with values", hint=hint)
        return None
    content = _content(parsed.root)
    left_out: frozenset[Path] = frozenset()
    try:
        model = schema.GroupFile.model_validate(content)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        for one in details:
            _note(one, parsed.root, problems)
        left_out = frozenset(_part(one) for one in details)
        model = schema.GroupFile.model_validate(_without(content, left_out))
    return Definition(
        file=str(path),
        stem=path.stem,
        root=parsed.root,
        content=content,
        model=model,
        left_out=left_out,
    )


def _content(root: Mapping) -> dict[str, Any]:
    content: dict[str, Any] = to_python(root)
    # What a process or a fence agent gets is text: 1.10 must not arrive as 1.1.
    for name, node in _entries(root.get("resources")):
        environment = node_at(node, ("environment",))
        if isinstance(environment, Mapping):
            content["resources"][name]["environment"] = _texts(environment)
    for name, node in _entries(root.get("fencing")):
        for number, device in enumerate(node.items if isinstance(node, Sequence) else ()):
            if isinstance(device, Mapping):
                read = content["fencing"][name][number]
                ours = {key: value for key, value in read.items() if key in DEVICE_FIELDS}
                content["fencing"][name][number] = _texts(device) | ours
    return content


def _entries(node: Node | None) -> Iterator[tuple[str, Node]]:
    for name, value in node.entries if isinstance(node, Mapping) else ():
        yield name.text, value


def _texts(mapping: Mapping) -> dict[str, Any]:
    """Scalars as they were written."""
    return {
        name: value.text if isinstance(value, Scalar) else to_python(value)
        for name, value in _entries(mapping)
    }


def _part(error: ErrorDetails) -> Path:
    """What is left out for a problem: a key too many, one resource or network, else a setting."""
    path = _in_file(error)
    if error["type"] == "extra_forbidden":
        return path
    return path[:2] if path[0] in ("resources", "networks", "fencing") else path[:1]


def _without(content: dict[str, Any], left_out: frozenset[Path]) -> dict[str, Any]:
    kept = copy.deepcopy(content)
    for path in left_out:
        holder: Any = kept
        for part in path[:-1]:
            holder = holder.get(part, {}) if isinstance(holder, dict) else holder[part]
        holder.pop(path[-1], None)
    stand_ins = {"group": "x", "servers": [], "preferred_active": "", "resources": {}}
    return stand_ins | kept


def _in_file(error: ErrorDetails) -> Path:
    """The location without what pydantic adds: tags, and `[key]` where a key itself is wrong."""
    location = error["loc"]
    tags = TAG_PLACES.get(str(location[0]), ())
    if location[-1] == "[key]" and error["type"] != "extra_forbidden":
        location = location[:-1]
    return tuple(part for place, part in enumerate(location) if place not in tags)


def _note(error: ErrorDetails, root: Node, problems: Problems) -> None:
    location = error["loc"]
    path = _in_file(error)
    kind = error["type"]
    key = kind in ("extra_forbidden", "missing", "union_tag_not_found") or location[-1] == "[key]"
    where = path[:-1] if kind == "missing" else path
    position = position_of(root, where, key=key) if where else _top(root)
    message, hint = _words(error, path, root)
    problems.add(position, message, path=path, hint=hint)


def _top(root: Node) -> Position:
    return Position(root.position.file, 1, 1)


def _words(error: ErrorDetails, path: Path, root: Node) -> tuple[str, str]:
    kind, context = error["type"], error.get("ctx", {})
    words = MESSAGES.get(kind, (error["msg"][:1].lower() + error["msg"][1:], ""))
    if kind == "value_error":
        words = str(context["error"]), ""
    elif kind == "missing":
        words = "is missing", _example(error)
    elif kind == "extra_forbidden":
        model = _model(error["loc"])
        known = model.model_fields if model else ()
        words = "is not known here", did_you_mean(str(path[-1]), known)
    elif kind == "union_tag_not_found":
        words = _type_of_resource(node_at(root, path))
    elif kind == "greater_than_equal":
        words = f"must be at least {context['ge']}", ""
    elif kind == "less_than_equal":
        words = f"must be at most {context['le']}", ""
    elif kind == "literal_error":
        words = f"must be {context['expected'].replace(chr(39), '')}", ""
    return words


def _example(error: ErrorDetails) -> str:
    model, name = _model(error["loc"]), str(error["loc"][-1])
    examples = (model.model_fields[name].examples or []) if model else []
    return f"write {name}: {examples[0]}" if examples else ""


def _model(location: tuple[int | str, ...]) -> type[BaseModel] | None:
    """The model in which the last part of a location is, or would be, a field."""
    if len(location) == 1:
        return schema.GroupFile
    if location[0] == "networks":
        return schema.Network
    parent = location[-2]
    if parent == "(mapping)":
        return FORMS.get(str(location[0]))
    if location[0] == "fencing":
        return schema_fencing.FenceDevice
    return MODELS.get(str(parent))


def _type_of_resource(node: Node | None) -> tuple[str, str]:
    types = tuple(schema.RESOURCE_TYPES)
    known = f"known types: {', '.join(types)}"
    if not isinstance(node, Mapping):
        return "must be keys with values", f"write {{systemd: UNIT}}; {known}"
    found = [key for key in node.keys if key in types]
    if len(found) > 1:
        return f"has two types: {' and '.join(found)}", "make two resources of it"
    common = schema.ResourceBase.model_fields
    unknown = [key for key in node.keys if key not in common]
    if not unknown:
        return "has no type", known
    near = did_you_mean(unknown[0], types)
    return f"{unknown[0]} is not a type of resource", near.replace("known:", "known types:")
