"""Playbook YAML to a `Playbook`, or to all that is wrong with it, each with its line and a caret.

Called by `library` for files and by `runtime` for the text in a run's journal. Values that are not
positions in YAML are read by `fields`.
"""

import hashlib
from pathlib import PurePath

from orchestrator.config import strict_yaml
from orchestrator.config.problems import Problem, Problems, excerpt
from orchestrator.config.strict_yaml import Mapping, Node, Sequence
from orchestrator.errors import ConfigInvalid
from orchestrator.playbooks import fields, keywords
from orchestrator.playbooks.fields import Reader
from orchestrator.playbooks.model import Block, Play, Playbook, Task
from orchestrator.playbooks.parse_task import read_task


def parse(text: str, file: str) -> Playbook:
    """Raises ConfigInvalid with every problem of the file."""
    problems = Problems()
    tree = strict_yaml.parse(text, file)
    problems.extend(tree.problems)
    plays = _plays(tree.root, Reader(file=file, problems=problems)) if tree.root else ()
    raise_problems(problems, text)
    return Playbook(
        name=PurePath(file).stem,
        file=file,
        text=text,
        digest=hashlib.sha256(text.encode()).hexdigest(),
        plays=plays,
    )


def raise_problems(problems: Problems, text: str) -> None:
    """Raises ConfigInvalid if there are any, each with its line of the file."""
    if problems:
        raise ConfigInvalid(tuple(_with_source(problem, text) for problem in problems))


def _with_source(problem: Problem, text: str) -> str:
    source = excerpt(text, problem.line, problem.column)
    indented = "".join(f"\n    {line}" for line in source.splitlines())
    return f"{problem}{indented}"


def _plays(root: Node, reader: Reader) -> tuple[Play, ...]:
    if not isinstance(root, Sequence):
        message = "a playbook is a list of plays"
        reader.add(root, message, "begin with '- hosts: ...'")
        return ()
    return tuple(play for item in root.items if (play := _play(item, reader)) is not None)


def _play(node: Node, reader: Reader) -> Play | None:
    if not isinstance(node, Mapping):
        reader.add(node, "a play is a mapping", "write 'hosts:' and 'tasks:' into it")
        return None
    reader.check_keys(node, keywords.PLAY, "play")
    _check_facts(node, reader)
    hosts = node.get("hosts")
    if hosts is None:
        hint = "one of source, target, active, standby, group, or a server's name"
        reader.add(node, "a play needs 'hosts'", hint)
    selector = fields.text(hosts, reader, "hosts") if hosts is not None else ""
    tasks = node.get("tasks")
    if tasks is None:
        reader.add(node, "a play needs 'tasks'")
    return Play(
        name=fields.optional_text(node.get("name"), reader, "name") or selector,
        hosts=selector,
        variables=fields.variables(node.get("vars"), reader),
        tasks=_nodes(tasks, reader, "tasks") if tasks is not None else (),
        position=node.position,
        hosts_position=hosts.position if hosts is not None else None,
    )


def _check_facts(node: Mapping, reader: Reader) -> None:
    gather = node.get("gather_facts")
    if gather is not None and fields.yes_no(gather, reader, "gather_facts") is True:
        hint = "leave it out: what is known of a server comes from the checks"
        reader.add(gather, "facts are not gathered", hint)


def _nodes(node: Node, reader: Reader, word: str) -> tuple[Task | Block, ...]:
    if not isinstance(node, Sequence):
        reader.add(node, f"'{word}' is a list of tasks", "begin each with '- name: ...'")
        return ()
    if not node.items and word != "tasks":
        reader.add(node, f"'{word}' is empty", "write tasks into it, or leave it out")
    found = (_task_or_block(item, reader) for item in node.items)
    return tuple(item for item in found if item is not None)


def _task_or_block(node: Node, reader: Reader) -> Task | Block | None:
    if not isinstance(node, Mapping):
        reader.add(node, "a task is a mapping", "write '- name: ...' and a module below it")
        return None
    for word in ("rescue", "always"):
        if word in node.keys and "block" not in node.keys:
            reader.add(node.key(word) or node, f"'{word}' belongs to a 'block'")
            return None
    return _block(node, reader) if "block" in node.keys else read_task(node, reader)


def _block(node: Mapping, reader: Reader) -> Block:
    reader.check_keys(node, keywords.BLOCK, "block")
    parts: dict[str, tuple[Task | Block, ...]] = {}
    for word in ("block", "rescue", "always"):
        part = node.get(word)
        parts[word] = _nodes(part, reader, word) if part is not None else ()
    return Block(
        name=fields.optional_text(node.get("name"), reader, "name") or "block",
        tasks=parts["block"],
        rescue=parts["rescue"],
        always=parts["always"],
        when=fields.conditions(node.get("when"), reader, "when"),
        variables=fields.variables(node.get("vars"), reader),
        position=node.position,
    )
