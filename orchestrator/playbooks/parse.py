"""Playbook YAML to a `Playbook`, or to all that is wrong with it, each with its line and a caret.

Called by `library` for files and by `runtime` for the text in a run's journal. Lists of tasks are
read by `parse_tasks`, values that are not positions in YAML by `fields`.
"""

import dataclasses
import hashlib
from collections.abc import Mapping as MappingOf
from pathlib import PurePath
from typing import Any

from orchestrator.config import strict_yaml
from orchestrator.config.problems import Problem, Problems, excerpt
from orchestrator.config.strict_yaml import Mapping, Node, Scalar, Sequence
from orchestrator.errors import ConfigInvalid
from orchestrator.playbooks import fields, keywords
from orchestrator.playbooks.beside import Beside, Nothing, path_from
from orchestrator.playbooks.fields import Reader
from orchestrator.playbooks.model import Block, Directives, Meta, MetaAction, Play, Playbook
from orchestrator.playbooks.model import Node as PlaybookNode
from orchestrator.playbooks.parse_directives import read_directives
from orchestrator.playbooks.parse_tasks import open_file, read_handlers, read_nodes

_SECTIONS = ("pre_tasks", "tasks", "post_tasks")


def parse(text: str, file: str, beside: Beside | None = None) -> Playbook:
    """Raises ConfigInvalid with every problem of the file and of those that it includes."""
    problems = Problems()
    tree = strict_yaml.parse(text, file)
    problems.extend(tree.problems)
    reader = Reader(file=file, problems=problems, beside=beside or Nothing())
    plays = _plays(tree.root, reader, Directives()) if tree.root else ()
    texts = reader.gathered.texts
    raise_problems(problems, {**texts, file: text})
    return Playbook(
        name=PurePath(file).stem,
        file=file,
        text=text,
        files=dict(texts),
        digest=_digest(text, texts),
        plays=plays,
    )


def _digest(text: str, texts: MappingOf[str, str]) -> str:
    digest = hashlib.sha256(text.encode())
    for path in sorted(texts):
        digest.update(f"\0{path}\0{texts[path]}".encode())
    return digest.hexdigest()


def raise_problems(problems: Problems, texts: MappingOf[str, str]) -> None:
    """Raises ConfigInvalid if there are any, each with its line of its file."""
    if problems:
        raise ConfigInvalid(
            tuple(_with_source(problem, texts.get(problem.file, "")) for problem in problems)
        )


def _with_source(problem: Problem, text: str) -> str:
    source = excerpt(text, problem.line, problem.column)
    indented = "".join(f"\n    {line}" for line in source.splitlines())
    return f"{problem}{indented}"


def _plays(root: Node, reader: Reader, outer: Directives) -> tuple[Play, ...]:
    if not isinstance(root, Sequence):
        message = "a playbook is a list of plays"
        reader.add(root, message, "begin with '- hosts: ...'")
        return ()
    return tuple(play for item in root.items for play in _play_or_import(item, reader, outer))


def _play_or_import(node: Node, reader: Reader, outer: Directives) -> tuple[Play, ...]:
    if isinstance(node, Mapping):
        for key, value in node.entries:
            if keywords.module_name(key.text) == "import_playbook":
                return _imported(node, key, value, reader, outer)
    play = _play(node, reader, outer)
    return () if play is None else (play,)


def _imported(
    node: Mapping, key: Scalar, value: Node, reader: Reader, outer: Directives
) -> tuple[Play, ...]:
    known = keywords.IMPORTED_PLAYBOOK
    reader.check_keys(node, known, "play that imports others", beside=[key.text])
    name = fields.text(value, reader, "import_playbook")
    conditions = fields.conditions(node.get("when"), reader, "when")
    variables = fields.variables(node.get("vars"), reader)
    handed = read_directives(node, reader, outer)
    if not name or not isinstance(value, Scalar):
        return ()
    tree, inner = open_file(path_from(reader.file, name), value, reader)
    plays = () if tree is None or inner is None else _plays(tree, inner, handed)
    return tuple(_within_import(play, conditions, variables) for play in plays)


def _within_import(play: Play, conditions: tuple[str, ...], variables: MappingOf[str, Any]) -> Play:
    tasks = play.tasks
    if conditions:
        block = Block(name=play.name, tasks=tasks, when=conditions, position=play.position)
        tasks = (block,)
    return dataclasses.replace(play, tasks=tasks, variables={**play.variables, **variables})


def _play(node: Node, reader: Reader, outer: Directives) -> Play | None:
    if not isinstance(node, Mapping):
        reader.add(node, "a play is a mapping", "write 'hosts:' and 'tasks:' into it")
        return None
    reader.check_keys(node, (*keywords.PLAY, *keywords.DIRECTIVES), "play")
    _check_facts(node, reader)
    hosts = node.get("hosts")
    if hosts is None:
        hint = "one of source, target, active, standby, group, or a server's name"
        reader.add(node, "a play needs 'hosts'", hint)
    selector = _hosts(hosts, reader) if hosts is not None else ""
    directives = read_directives(node, reader, outer)
    force = node.get("force_handlers")
    return Play(
        name=fields.optional_text(node.get("name"), reader, "name") or selector,
        hosts=selector,
        variables={
            **fields.variables(node.get("vars"), reader),
            **_vars_files(node.get("vars_files"), reader),
        },
        tasks=_tasks(node, reader, directives),
        handlers=read_handlers(node.get("handlers"), reader, directives),
        force_handlers=(fields.yes_no(force, reader, "force_handlers") or False)
        if force is not None
        else False,
        tags=directives.tags,
        position=node.position,
        hosts_position=hosts.position if hosts is not None else None,
    )


def _hosts(node: Node, reader: Reader) -> str:
    if isinstance(node, Sequence):
        hint = "write 'group' for both servers, or a play for each"
        reader.add(node, "'hosts' is one role, server or group, not a list", hint)
        return ""
    return fields.text(node, reader, "hosts")


def _tasks(node: Mapping, reader: Reader, directives: Directives) -> tuple[PlaybookNode, ...]:
    """The three sections one after the other; handlers run between them, too."""
    if not any(word in node.keys for word in _SECTIONS):
        reader.add(node, "a play needs 'tasks'")
    found: list[PlaybookNode] = []
    for word in _SECTIONS:
        if (section := node.get(word)) is not None:
            if found:
                flush = MetaAction.FLUSH_HANDLERS
                always = Directives(tags=("always",))
                found.append(Meta(action=flush, position=section.position, directives=always))
            found += read_nodes(section, reader, word, directives)
    return tuple(found)


def _vars_files(node: Node | None, reader: Reader) -> dict[str, Any]:
    if node is None:
        return {}
    values: dict[str, Any] = {}
    for item in node.items if isinstance(node, Sequence) else (node,):
        name = fields.text(item, reader, "vars_files")
        if not name or not isinstance(item, Scalar):
            continue
        tree, inner = open_file(path_from(reader.file, name), item, reader)
        if tree is not None and inner is not None:
            values.update(fields.variables(tree, inner, "a file of variables"))
    return values


def _check_facts(node: Mapping, reader: Reader) -> None:
    gather = node.get("gather_facts")
    if gather is not None and fields.yes_no(gather, reader, "gather_facts") is True:
        hint = "leave it out: what is known of a server comes from the checks"
        reader.add(gather, "facts are not gathered", hint)
