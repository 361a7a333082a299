"""A plan as people read it: each step with what it would do, what goes side by side, the digest."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, assert_never

import click

from orchestrator.cli.output import coloured, diff_lines, document
from orchestrator.executor.plan import WORDS, Plan, PlannedStep, PlannedTask
from orchestrator.graph import step_waves
from orchestrator.model import Status
from orchestrator.playbooks.model import (
    CompiledBlock,
    CompiledInclude,
    CompiledMeta,
    CompiledNode,
    CompiledTask,
    Program,
)
from orchestrator.playbooks.prospects import written
from orchestrator.playbooks.select import tasks_of
from orchestrator.runtime.plan import SHOWN

_RULES = (
    "The servers of one task go side by side, and so do steps with the same number. All this holds",
    "as long as no step fails and nobody changes the servers meanwhile.",
)


def show(plan: Plan, program: Program, *, with_diff: bool) -> None:
    charter = plan.charter
    click.echo(f"{charter.playbook} on group {charter.group}: what would be done")
    drawn = _Drawing(plan, program, with_diff=with_diff)
    for number, play in enumerate(program.plays, start=1):
        click.echo()
        for line in drawn.play(number, play.play.name, play.tasks, play.handlers):
            click.echo(line.rstrip())
    click.echo()
    for line in _RULES:
        click.echo(line)
    counted = Counter(step.would for step in plan.steps())
    summary = ", ".join(f"{counted[word]} {word}" for word in WORDS.values() if counted[word])
    click.echo(f"plan {plan.digest[:SHOWN]}: {summary or 'nothing to do'}")
    for server, why in plan.failures.items():
        click.echo(f"{coloured('failed')}: it would end on {server}: {why}", err=True)
    if not plan.failures:
        click.echo(f"to do exactly this: the same command with --plan {plan.digest[:SHOWN]}")


def show_json(plan: Plan, program: Program) -> None:
    charter = plan.charter
    numbers = _wave_numbers(program)
    plays = [
        {
            "play": play.name,
            "servers": play.servers,
            "tasks": [
                {
                    "path": task.path,
                    "task": task.name,
                    "place": task.place,
                    "steps": [_step_json(step, task, numbers) for step in task.steps],
                }
                for task in play.tasks
            ],
        }
        for play in plan.plays
    ]
    content: dict[str, Any] = {
        "group": charter.group,
        "playbook": charter.playbook,
        "digest": plan.digest,
        "program": charter.digest,
        "source": charter.source,
        "target": charter.target,
        "plays": plays,
        "failures": dict(plan.failures),
    }
    document("plan", content, version=2)


def _step_json(
    step: PlannedStep, task: PlannedTask, numbers: Mapping[tuple[str, str], int]
) -> dict[str, Any]:
    return {
        "step": step.id,
        "title": step.title,
        "server": step.server,
        "item": step.item or None,
        "would": step.would,
        "message": step.message,
        "assumes": step.assumes,
        "wave": numbers.get((written(task.path), _resource_of(step))),
        "diff": None
        if step.diff is None
        else {"what": step.diff.what, "before": step.diff.before, "after": step.diff.after},
    }


class _Drawing:
    """Walks the program, as it is written, and puts the foretold steps below their tasks."""

    def __init__(self, plan: Plan, program: Program, *, with_diff: bool) -> None:
        self._plan = plan
        self._with_diff = with_diff
        self._numbers = _wave_numbers(program)
        self._tasks: dict[str, list[PlannedTask]] = {}
        for play in plan.plays:
            for task in play.tasks:
                self._tasks.setdefault(written(task.path), []).append(task)

    def play(
        self,
        number: int,
        name: str,
        tasks: Sequence[CompiledNode],
        handlers: Sequence[CompiledTask],
    ) -> Iterator[str]:
        planned = self._plan.plays[number - 1] if number <= len(self._plan.plays) else None
        where = f"[{', '.join(planned.servers)}]" if planned is not None else "not reached"
        yield f"play {number}: {name}  {where}"
        yield from self._task_lines(self._tasks.get(str(number), []), 1)
        if planned is not None and planned.servers:
            yield from self._nodes(tasks, 1)
            told = [node for node in handlers if node.path in self._tasks]
            if told:
                yield "  for what was notified:"
                yield from self._nodes(told, 2)

    def _nodes(self, nodes: Sequence[CompiledNode], depth: int) -> Iterator[str]:
        for node in nodes:
            match node:
                case CompiledTask():
                    yield from self._task_lines(self._tasks.get(node.path, []), depth)
                case CompiledBlock():
                    yield from self._block(node, depth)
                case CompiledInclude():
                    yield from self._task_lines(self._tasks.get(node.path, []), depth)
                    for inside in node.files.values():
                        yield from self._nodes(inside, depth)
                case CompiledMeta():
                    pass
                case _:
                    assert_never(node)

    def _block(self, node: CompiledBlock, depth: int) -> Iterator[str]:
        indent = "  " * depth
        inside = list(self._nodes(node.tasks, depth + 1))
        if not inside:
            if node.block.when:
                what = coloured(WORDS[Status.SKIPPED])
                yield f"{indent}{node.path}  {node.block.name}  {what}"
            return
        yield f"{indent}{node.path}  {node.block.name}"
        yield from inside
        if node.rescue:
            walked = list(self._nodes(node.rescue, depth + 2))
            word = "because one of these would fail:" if walked else "if one of these fails:"
            yield f"{indent}  {word}"
            yield from walked or self._names(node.rescue, depth + 2)
        if node.always:
            yield f"{indent}  in any case:"
            yield from self._nodes(node.always, depth + 2)

    def _names(self, nodes: Sequence[CompiledNode], depth: int) -> Iterator[str]:
        for node in tasks_of(nodes):
            yield f"{'  ' * depth}{node.path}  {node.task.name}"

    def _task_lines(self, tasks: Sequence[PlannedTask], depth: int) -> Iterator[str]:
        indent = "  " * depth
        for task in tasks:
            yield f"{indent}{task.path}  {task.name}"
            inside = indent + " " * (len(task.path) + 2)
            numbered = sorted(
                ((self._number(task, step), step) for step in task.steps), key=lambda one: one[0]
            )
            heads = [_head(number, task, step) for number, step in numbered]
            width = max((len(head) for head in heads), default=0)
            for head, (_, step) in zip(heads, numbered, strict=True):
                message = f"  {step.message}" if step.message else ""
                yield f"{inside}{head:<{width}}  {coloured(step.would)}{message}"
                for title in step.assumes:
                    yield f"{inside}{'':<{width}}  unless `{title}` changes that"
                if step.diff is not None and self._with_diff:
                    yield from (f"{inside}  {line}" for line in diff_lines(step.diff))

    def _number(self, task: PlannedTask, step: PlannedStep) -> int:
        return self._numbers.get((written(task.path), _resource_of(step)), 0)


def exit_code(plan: Plan) -> int:
    """As the run would end, as far as that is known."""
    words = {step.would for step in plan.steps()}
    if WORDS[Status.UNREACHABLE] in words:
        return 4
    return 1 if plan.failures else 0


def _head(number: int, task: PlannedTask, step: PlannedStep) -> str:
    wave = f"{number}. " if number else ""
    item = f" (item={step.item})" if step.item else ""
    title = "" if step.title == task.name else f" {step.title}"
    return f"{wave}[{step.server}]{title}{item}"


def _resource_of(step: PlannedStep) -> str:
    """Of a flow's step, from its name `PATH/RESOURCE@SERVER`; empty: it is none."""
    return step.id.rpartition("@")[0].partition("/")[2]


def _wave_numbers(program: Program) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for play in program.plays:
        for node in (*tasks_of(play.tasks), *play.handlers):
            for number, wave in enumerate(step_waves(node.flow), start=1):
                found.update({(node.path, step.resource): number for step in wave})
    return found
