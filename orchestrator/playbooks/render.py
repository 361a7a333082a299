"""A program as a plan that people read: plays, tasks, and each flow in its waves. For `hasys plan`.

Nothing is asked of a server: what stands behind `when` and `rescue` is shown as written.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import assert_never

from orchestrator.graph import step_waves
from orchestrator.model import Group
from orchestrator.playbooks.arguments import shown_arguments
from orchestrator.playbooks.model import (
    CompiledBlock,
    CompiledInclude,
    CompiledMeta,
    CompiledNode,
    CompiledPlay,
    CompiledTask,
    FlowAction,
    FlowStep,
    HostSelector,
    Loop,
    Program,
)
from orchestrator.playbooks.modules import MODULES

_WHO = {
    HostSelector.SOURCE: "on the source",
    HostSelector.TARGET: "on the target",
    HostSelector.ACTIVE: "on the server that is ACTIVE when the play begins",
    HostSelector.STANDBY: "on the server that is STANDBY when the play begins",
}
_VERBS = {FlowAction.START: "start", FlowAction.STOP: "stop", FlowAction.CHECK: "check"}
_LONGEST = 100


def render_program(program: Program, group: Group) -> str:
    """The whole plan, line by line; each task under the path that the journal knows it by."""
    lines = [f"{program.playbook.name} on group {group.name}, program {program.digest[:12]}"]
    for number, play in enumerate(program.plays, start=1):
        lines += ["", f"play {number}: {play.play.name} ({_who(play, group)})"]
        lines += _nodes(play.tasks, 1)
        if play.handlers:
            lines += ["  for what was notified:", *_nodes(play.handlers, 2)]
    return "\n".join(lines) + "\n"


def _who(play: CompiledPlay, group: Group) -> str:
    if play.selector is HostSelector.GROUP:
        return f"on {' and '.join(group.server_names)}, in step"
    return _WHO.get(play.selector) or f"on {play.server}"


def _nodes(nodes: Sequence[CompiledNode], depth: int) -> Iterator[str]:
    for node in nodes:
        match node:
            case CompiledTask():
                yield from _task(node, depth)
            case CompiledBlock():
                yield from _block(node, depth)
            case CompiledInclude():
                yield from _include(node, depth)
            case CompiledMeta():
                meta = node.meta
                yield f"{'  ' * depth}{node.path}  {meta.action.value}{_when(meta.when)}"
            case _:
                assert_never(node)


def _include(node: CompiledInclude, depth: int) -> Iterator[str]:
    indent = "  " * depth
    include = node.include
    yield f"{indent}{node.path}  {include.name}{_when(include.when)}{_loop(include.loop)}"
    for file, tasks in node.files.items():
        yield f"{indent}  {file}:" if len(node.files) == 1 else f"{indent}  if it is {file}:"
        yield from _nodes(tasks, depth + 2)


def _loop(loop: Loop | None) -> str:
    return f" (for each {loop.variable} of {_value(loop.items)})" if loop is not None else ""


def _block(node: CompiledBlock, depth: int) -> Iterator[str]:
    indent = "  " * depth
    yield f"{indent}{node.path}  {node.block.name}{_when(node.block.when)}"
    yield from _nodes(node.tasks, depth + 1)
    if node.rescue:
        yield f"{indent}  if one of these fails or its server cannot be reached:"
        yield from _nodes(node.rescue, depth + 2)
    if node.always:
        yield f"{indent}  in any case:"
        yield from _nodes(node.always, depth + 2)


def _task(node: CompiledTask, depth: int) -> Iterator[str]:
    indent = "  " * depth
    task = node.task
    yield f"{indent}{node.path}  {task.name}{_when(task.when)}{_loop(task.loop)}"
    inside = indent + " " * (len(node.path) + 2)
    if node.flow:
        yield from (f"{inside}{line}" for line in _flow(node.flow))
    else:
        yield f"{inside}{_call(node)}{_how(node)}"
    if node.task.until is not None:
        until = node.task.until
        yield (
            f"{inside}until {' and '.join(until.conditions) or 'it does not fail'}: "
            f"at most {until.retries} times more, every {until.delay_s:g} s"
        )


def _call(node: CompiledTask) -> str:
    """The module and its arguments as they are written, on one line."""
    if node.task.directives.no_log:
        return f"{node.task.module} (no_log)"
    module = MODULES[node.task.module]
    args = shown_arguments(module.parameters, node.task.args)
    main = args.pop(module.free_form, None) if module.free_form else None
    words = [module.name, *([_value(main)] if main is not None else [])]
    words += [f"{name}={_value(value)}" for name, value in args.items()]
    line = " ".join(words)
    return line if len(line) <= _LONGEST else line[: _LONGEST - 3] + "..."


def _how(node: CompiledTask) -> str:
    """What a person should not overlook."""
    said = node.task.directives
    words = {
        "as ": said.become_user if said.become else None,
        "on ": said.delegate_to,
        "notifies ": ", ".join(node.task.notify),
    }
    found = [f"{word}{value}" for word, value in words.items() if value]
    found += ["once"] if said.run_once else []
    return f"  [{'; '.join(found)}]" if found else ""


def _value(value: object) -> str:
    if isinstance(value, str):
        return " ".join(value.split())
    return json.dumps(value, default=str)


def _when(conditions: tuple[str, ...]) -> str:
    return f" (when {' and '.join(conditions)})" if conditions else ""


def _flow(flow: tuple[FlowStep, ...]) -> Iterable[str]:
    """One line for each wave; a check has only one."""
    waves = step_waves(flow)
    verb = _VERBS[flow[0].action]
    for number, wave in enumerate(waves, start=1):
        names = ", ".join(step.resource for step in wave)
        yield f"{verb} {names}" if len(waves) == 1 else f"{number}. {verb} {names}"
    apart = {tuple(sorted((s.resource, other))) for s in flow for other in s.never_with}
    for one, other in sorted(apart):
        yield f"never at the same time: {one}, {other}"
