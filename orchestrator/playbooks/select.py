"""A program without the tasks that `--tags`, `--skip-tags` and `--start-at-task` leave out.

Called by `compile`. Paths stay as they are: a step is known by the same name in every selection.
"""

import dataclasses
import fnmatch
from collections.abc import Iterator, Sequence

from orchestrator.config.problems import did_you_mean
from orchestrator.errors import UsageError
from orchestrator.playbooks.directives import Selection
from orchestrator.playbooks.model import (
    CompiledBlock,
    CompiledInclude,
    CompiledMeta,
    CompiledNode,
    CompiledPlay,
    CompiledTask,
)

_SPECIAL = ("all", "always", "never", "tagged", "untagged")


def select(plays: tuple[CompiledPlay, ...], selection: Selection) -> tuple[CompiledPlay, ...]:
    """Raises UsageError for a tag or a task that there is not: a slip would run nothing."""
    known = frozenset(tag for play in plays for tag in tags_of(play.tasks))
    for tag in (*selection.tags, *selection.skip_tags):
        if tag not in known and tag not in _SPECIAL:
            hint = did_you_mean(tag, known) if known else "its tasks have no tags"
            raise UsageError(f"no task of the playbook has the tag {tag!r}", hint=hint)
    selector = _Selector(selection)
    chosen = tuple(dataclasses.replace(play, tasks=selector.nodes(play.tasks)) for play in plays)
    if not selector.is_started:
        names = [node.task.name for play in plays for node in tasks_of(play.tasks)]
        hint = did_you_mean(selection.start_at, names)
        raise UsageError(f"the playbook has no task {selection.start_at!r}", hint=hint)
    return chosen


def tasks_of(nodes: Sequence[CompiledNode]) -> Iterator[CompiledTask]:
    """All tasks, in the order of the file."""
    for node in nodes:
        if isinstance(node, CompiledTask):
            yield node
        else:
            for part in _parts(node):
                yield from tasks_of(part)


def tags_of(nodes: Sequence[CompiledNode]) -> Iterator[str]:
    for node in nodes:
        match node:
            case CompiledTask():
                yield from node.task.directives.tags
            case CompiledInclude():
                yield from node.include.directives.tags
            case CompiledMeta():
                yield from node.meta.directives.tags
            case CompiledBlock():
                pass
        for part in _parts(node):
            yield from tags_of(part)


def _parts(node: CompiledNode) -> tuple[tuple[CompiledNode, ...], ...]:
    match node:
        case CompiledBlock():
            return (node.tasks, node.rescue, node.always)
        case CompiledInclude():
            return tuple(node.files.values())
        case _:
            return ()


class _Selector:
    def __init__(self, selection: Selection) -> None:
        self._selection = selection
        self.is_started = not selection.start_at

    def nodes(self, nodes: Sequence[CompiledNode]) -> tuple[CompiledNode, ...]:
        found = (self._node(node) for node in nodes)
        return tuple(node for node in found if node is not None)

    def _node(self, node: CompiledNode) -> CompiledNode | None:
        match node:
            case CompiledTask():
                is_wanted = self._selection.wants(node.task.directives.tags)
                return node if self._has_begun(node.task.name) and is_wanted else None
            case CompiledMeta():
                is_wanted = self._selection.wants(node.meta.directives.tags)
                return node if self.is_started and is_wanted else None
            case CompiledInclude():
                files = {file: self.nodes(inside) for file, inside in node.files.items()}
                is_wanted = self._selection.wants(node.include.directives.tags)
                has_begun = self._has_begun(node.include.name)
                return dataclasses.replace(node, files=files) if has_begun and is_wanted else None
            case CompiledBlock():
                return self._block(node)

    def _block(self, node: CompiledBlock) -> CompiledBlock | None:
        """Where the run begins within its tasks, `rescue` and `always` still belong to it."""
        tasks = self.nodes(node.tasks)
        rescue, always = self.nodes(node.rescue), self.nodes(node.always)
        if not (tasks or rescue or always):
            return None
        return dataclasses.replace(node, tasks=tasks, rescue=rescue, always=always)

    def _has_begun(self, name: str) -> bool:
        """`--start-at-task` takes patterns, as Ansible's does."""
        wanted = self._selection.start_at
        if not self.is_started and (name == wanted or fnmatch.fnmatchcase(name, wanted)):
            self.is_started = True
        return self.is_started
