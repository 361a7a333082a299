"""What is still to come in a program after one of its tasks. Pure; asked by who ends reigns."""

import re
from collections.abc import Iterator, Sequence
from typing import assert_never

from orchestrator.playbooks.model import (
    CompiledBlock,
    CompiledInclude,
    CompiledMeta,
    CompiledNode,
    CompiledTask,
    FlowAction,
    Program,
)

_TURNS = re.compile(r"(\[\d+\]|~\d+)+$")


def written(path: str) -> str:
    """The path of a task as it stands in the program, without the turns of loops around it."""
    return _TURNS.sub("", path)


def starts_after(program: Program, path: str) -> bool:
    """Whether the service is to be started after this task, when nothing fails.

    A start in a `rescue` is for failures: after it the service is not where it was to be. Whether a
    condition will hold nobody knows; a start that stands there is taken for meant.
    """
    order = [
        (task, in_rescue)
        for play in program.plays
        for task, in_rescue in (*_walked(play.tasks), *((one, False) for one in play.handlers))
    ]
    paths = [task.path for task, _ in order]
    after = order[paths.index(written(path)) + 1 :] if written(path) in paths else []
    return any(_starts(task) for task, in_rescue in after if not in_rescue)


def _starts(task: CompiledTask) -> bool:
    return any(step.action is FlowAction.START for step in task.flow)


def _walked(
    nodes: Sequence[CompiledNode], *, in_rescue: bool = False
) -> Iterator[tuple[CompiledTask, bool]]:
    for node in nodes:
        match node:
            case CompiledTask():
                yield node, in_rescue
            case CompiledBlock():
                yield from _walked(node.tasks, in_rescue=in_rescue)
                yield from _walked(node.rescue, in_rescue=True)
                yield from _walked(node.always, in_rescue=in_rescue)
            case CompiledInclude():
                for inside in node.files.values():
                    yield from _walked(inside, in_rescue=in_rescue)
            case CompiledMeta():
                pass
            case _:
                assert_never(node)
