"""Lists of tasks: tasks, blocks, included files, words to the engine. Called by `parse`."""

import dataclasses
from collections.abc import Callable
from collections.abc import Mapping as MappingOf

from orchestrator.config import strict_yaml
from orchestrator.config.problems import did_you_mean
from orchestrator.config.strict_yaml import Mapping, Scalar, Sequence
from orchestrator.config.strict_yaml import Node as YamlNode
from orchestrator.errors import UsageError
from orchestrator.playbooks import fields, keywords
from orchestrator.playbooks.arguments import is_template
from orchestrator.playbooks.beside import path_from, pattern_of
from orchestrator.playbooks.fields import Reader
from orchestrator.playbooks.model import Block, Directives, Include, Meta, MetaAction, Node, Task
from orchestrator.playbooks.parse_directives import read_directives, read_loop
from orchestrator.playbooks.parse_task import read_task

MOST_NODES = 5000
DEEPEST = 16
"""Files that include one another."""


def read_nodes(node: YamlNode, reader: Reader, word: str, outer: Directives) -> tuple[Node, ...]:
    if not isinstance(node, Sequence):
        reader.add(node, f"'{word}' is a list of tasks", "begin each with '- name: ...'")
        return ()
    if not node.items and word in ("block", "rescue", "always"):
        reader.add(node, f"'{word}' is empty", "write tasks into it, or leave it out")
    found = (_node(item, reader, outer) for item in node.items)
    return tuple(item for item in found if item is not None)


def read_handlers(node: YamlNode | None, reader: Reader, outer: Directives) -> tuple[Task, ...]:
    if node is None:
        return ()
    if not isinstance(node, Sequence):
        reader.add(node, "'handlers' is a list of tasks", "begin each with '- name: ...'")
        return ()
    found = []
    for item in node.items:
        if not isinstance(item, Mapping) or "block" in item.keys or _special(item) is not None:
            reader.add(item, "a handler is a task: no block, no file, no meta")
            continue
        if "name" not in item.keys and "listen" not in item.keys:
            reader.add(item, "a handler needs a 'name', by which tasks notify it")
        task = read_task(item, reader, outer, is_handler=True)
        found += [task] if task is not None else []
    return tuple(found)


def _node(node: YamlNode, reader: Reader, outer: Directives) -> Node | None:
    reader.gathered.nodes += 1
    if reader.gathered.nodes == MOST_NODES:
        reader.add(node, f"a playbook has less than {MOST_NODES} tasks, with all that it includes")
    if reader.gathered.nodes >= MOST_NODES:
        return None
    if not isinstance(node, Mapping):
        reader.add(node, "a task is a mapping", "write '- name: ...' and a module below it")
        return None
    if "block" in node.keys:
        return _block(node, reader, outer)
    for word in ("rescue", "always"):
        if (key := node.key(word)) is not None:
            reader.add(key, f"'{word}' belongs to a 'block'")
            return None
    special = _special(node)
    return (
        read_task(node, reader, outer)
        if special is None
        else _READERS[keywords.module_name(special.text)](node, special, reader, outer)
    )


def _special(node: Mapping) -> Scalar | None:
    words = keywords.INSTEAD_OF_A_MODULE
    return next((key for key, _ in node.entries if keywords.module_name(key.text) in words), None)


def _block(node: Mapping, reader: Reader, outer: Directives) -> Block:
    reader.check_keys(node, (*keywords.BLOCK, *keywords.DIRECTIVES), "block")
    inner = read_directives(node, reader, outer)
    parts: dict[str, tuple[Node, ...]] = {}
    for word in ("block", "rescue", "always"):
        part = node.get(word)
        parts[word] = read_nodes(part, reader, word, inner) if part is not None else ()
    return Block(
        name=fields.optional_text(node.get("name"), reader, "name") or "block",
        tasks=parts["block"],
        rescue=parts["rescue"],
        always=parts["always"],
        when=fields.conditions(node.get("when"), reader, "when"),
        variables=fields.variables(node.get("vars"), reader),
        position=node.position,
    )


def _meta(node: Mapping, key: Scalar, reader: Reader, outer: Directives) -> Meta | None:
    known = (*keywords.META, "tags")
    reader.check_keys(node, known, "meta task", beside=[key.text])
    word = fields.optional_text(node.get(key.text), reader, "meta")
    actions = {action.value: action for action in MetaAction}
    if word not in actions:
        if word:
            hint = keywords.META_REFUSED.get(word) or did_you_mean(word, actions)
            reader.add(node.get(key.text) or key, f"meta does not know '{word}'", hint)
        return None
    return Meta(
        action=actions[word],
        position=node.position,
        when=fields.conditions(node.get("when"), reader, "when"),
        variables=fields.variables(node.get("vars"), reader),
        directives=read_directives(node, reader, outer),
    )


def _include(node: Mapping, key: Scalar, reader: Reader, outer: Directives) -> Include | None:
    known = (*keywords.INCLUDE, *keywords.DIRECTIVES)
    reader.check_keys(node, known, "task that includes others", beside=[key.text])
    file, handed = _file(node.get(key.text), reader), outer
    value = node.get(key.text)
    if isinstance(value, Mapping) and (apply := value.get("apply")) is not None:
        if isinstance(apply, Mapping):
            reader.check_keys(apply, keywords.DIRECTIVES, "apply")
            handed = read_directives(apply, reader, outer)
        else:
            reader.add(apply, "'apply' is a mapping of keywords that are handed down")
    if file is None:
        return None
    return Include(
        name=fields.optional_text(node.get("name"), reader, "name") or f"include {file.value}",
        file=str(file.value),
        files={path: read_file(path, file, reader, handed) for path in _paths(file, reader)},
        position=node.position,
        when=fields.conditions(node.get("when"), reader, "when"),
        loop=read_loop(node, reader),
        variables=fields.variables(node.get("vars"), reader),
        directives=read_directives(node, reader, outer),
    )


def _imported(node: Mapping, key: Scalar, reader: Reader, outer: Directives) -> Block | None:
    """As if its tasks stood in a block here."""
    known = ("name", "when", "vars", *keywords.DIRECTIVES)
    reader.check_keys(node, known, "task that imports others", beside=[key.text])
    file = _file(node.get(key.text), reader)
    if file is None:
        return None
    if is_template(file.value):
        reader.add(file, "'import_tasks' is read before there are values", "use include_tasks")
        return None
    inner = read_directives(node, reader, outer)
    path = path_from(reader.file, str(file.value))
    return Block(
        name=fields.optional_text(node.get("name"), reader, "name") or f"import {file.value}",
        tasks=read_file(path, file, reader, inner),
        when=fields.conditions(node.get("when"), reader, "when"),
        variables=fields.variables(node.get("vars"), reader),
        position=node.position,
    )


def _file(value: YamlNode | None, reader: Reader) -> Scalar | None:
    """The text that names the file: the argument itself, or its `file`."""
    named = value
    if isinstance(value, Mapping):
        reader.check_keys(value, ("file", "apply"), "task that includes others")
        named = value.get("file")
    if isinstance(named, Scalar) and isinstance(named.value, str) and named.value.strip():
        fields.check_templates(named, reader)
        return named
    if value is not None:
        reader.add(named or value, "the file must be a text", "write the path of a file of tasks")
    return None


def _paths(file: Scalar, reader: Reader) -> tuple[str, ...]:
    name = str(file.value)
    if not is_template(name):
        return (path_from(reader.file, name),)
    pattern = path_from(reader.file, pattern_of(name))
    found = tuple(
        path
        for path in reader.beside.matching(pattern)
        if path not in _on_the_way(reader) and _holds_tasks(path, reader)
    )
    if not found:
        reader.add(file, f"no file fits {pattern}", "files of tasks stand beside the playbook")
    return found


def _holds_tasks(path: str, reader: Reader) -> bool:
    """A wide pattern fits playbooks and variables as well; what is no YAML is worth a word."""
    try:
        root = strict_yaml.parse(reader.beside.text(path), path).root
    except UsageError:
        return True
    if root is None:
        return True
    plays = {"hosts", "import_playbook"}
    return isinstance(root, Sequence) and not any(
        isinstance(item, Mapping) and plays & set(item.keys) for item in root.items
    )


def _on_the_way(reader: Reader) -> tuple[str, ...]:
    return (*reader.including, path_from(reader.file, reader.file.rpartition("/")[2]))


def _misplaced(node: Mapping, key: Scalar, reader: Reader, outer: Directives) -> None:
    del node, outer
    reader.add(key, "'import_playbook' stands in place of a play, not of a task")


_READERS: MappingOf[str, Callable[[Mapping, Scalar, Reader, Directives], Node | None]] = {
    "meta": _meta,
    "include_tasks": _include,
    "import_tasks": _imported,
    "import_playbook": _misplaced,
}


def read_file(path: str, named: Scalar, reader: Reader, outer: Directives) -> tuple[Node, ...]:
    """The tasks of another file; what is wrong with it is noted where that stands."""
    tree, inner = open_file(path, named, reader)
    if tree is None or inner is None:
        return ()
    return read_nodes(tree, inner, "a file of tasks", outer)


def open_file(path: str, named: Scalar, reader: Reader) -> tuple[YamlNode | None, Reader | None]:
    """What stands in a file beside this one, and the reader for it."""
    way = _on_the_way(reader)
    if path in way:
        reader.add(named, f"{path} includes itself", f"the way: {' > '.join((*way, path))}")
        return None, None
    if len(way) >= DEEPEST:
        reader.add(named, f"files include one another more than {DEEPEST} deep")
        return None, None
    try:
        text = reader.beside.text(path)
    except UsageError as error:
        reader.add(named, error.message, error.hint)
        return None, None
    if text.startswith("$ANSIBLE_VAULT"):
        reader.add(named, f"{path} is encrypted by ansible-vault, which is not read here")
        return None, None
    reader.gathered.texts[path] = text
    parsed = strict_yaml.parse(text, path)
    reader.problems.extend(parsed.problems)
    return parsed.root, dataclasses.replace(reader, file=path, including=way)
