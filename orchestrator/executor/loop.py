"""A task on one server with its loop: an item after the other, one result for all of them."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any

from orchestrator.executor import judge
from orchestrator.executor.foretold import undecided
from orchestrator.executor.scope import registered, with_item
from orchestrator.executor.task import TaskRunner, Turn, broken
from orchestrator.model import Outcome, ServerName, Status
from orchestrator.playbooks.later import DecidedLater, Later
from orchestrator.playbooks.model import CompiledTask, Loop, Task
from orchestrator.playbooks.template import TemplateError, holds, render

MOST_ITEMS = 10_000
_LONGEST_LABEL = 60


async def run_task(tasks: TaskRunner, node: CompiledTask, server: ServerName, at: str) -> Outcome:
    """How the task ended there, as it may be seen; registered is what it was."""
    task = node.task
    if task.loop is None:
        outcome = await tasks.repeat(Turn(node=node, server=server, at=at))
        _keep_facts(tasks, task, server, outcome)
    else:
        outcome = await _each(tasks, node, task.loop, server, at)
    if task.register is not None:
        tasks.scope.register(server, task.register, outcome)
    return judge.hidden(outcome) if task.directives.no_log else outcome


async def _each(
    tasks: TaskRunner, node: CompiledTask, loop: Loop, server: ServerName, at: str
) -> Outcome:
    task = node.task
    try:
        items = items_of(loop, tasks.scope.of(server, task.variables))
    except TemplateError as error:
        return _not_meant(tasks, task, server) or broken(task.position, error)
    except DecidedLater as later:
        return await tasks.left_open(Turn(node=node, server=server, at=at), 1, later.why)
    outcomes: list[Outcome] = []
    results: list[Mapping[str, Any]] = []
    for number, item in enumerate(items):
        known = {**item_variables(loop, items, number)}
        turn = Turn(node=node, server=server, at=f"{at}[{number}]", item=known)
        turn = dataclasses.replace(turn, label=_label(tasks, turn, loop, item))
        if number and loop.pause_s and not tasks.steps.is_past(turn.step_id(1)):
            await tasks.clock.sleep(loop.pause_s)
        outcome = await tasks.repeat(turn)
        _keep_facts(tasks, task, server, outcome)
        outcomes.append(outcome)
        named = {name: value for name, value in known.items() if name != "ansible_loop"}
        results.append(with_item(registered(outcome), named))
        if outcome.status is Status.UNREACHABLE:
            break  # a silent server is not asked again for every item
        try:
            if loop.break_when and _is_broken_off(tasks, turn, loop, outcome):
                break
        except TemplateError as error:
            outcomes.append(broken(task.position, error))
            break
        except DecidedLater as later:
            outcomes.append(undecided(later.why))
            break
    return judge.combined(outcomes, results)


def items_of(loop: Loop, variables: Mapping[str, Any]) -> Sequence[Any]:
    """Raises TemplateError for what is no list."""
    items = render(loop.items, variables)
    if not isinstance(items, list | tuple):
        hint = "; write `| dict2items` behind it" if isinstance(items, Mapping) else ""
        raise TemplateError(f"'loop' needs a list, not {type(items).__name__}{hint}")
    if len(items) > MOST_ITEMS:
        raise TemplateError(f"'loop' has {len(items):,} items; at most {MOST_ITEMS:,} are done")
    return items


def item_variables(loop: Loop, items: Sequence[Any], number: int) -> dict[str, Any]:
    """What a turn of the loop sees beside all else."""
    found: dict[str, Any] = {loop.variable: items[number], "ansible_loop_var": loop.variable}
    if loop.index_variable is not None:
        found[loop.index_variable] = number
        found["ansible_index_var"] = loop.index_variable
    if loop.extended:
        count = len(items)
        extended = {
            "index": number + 1,
            "index0": number,
            "revindex": count - number,
            "revindex0": count - number - 1,
            "first": number == 0,
            "last": number == count - 1,
            "length": count,
            **({"allitems": list(items)} if loop.extended_allitems else {}),
        }
        if number:
            extended["previtem"] = items[number - 1]
        if number + 1 < count:
            extended["nextitem"] = items[number + 1]
        found["ansible_loop"] = extended
    return found


def _is_broken_off(tasks: TaskRunner, turn: Turn, loop: Loop, outcome: Outcome) -> bool:
    """Raises TemplateError where nobody can tell."""
    variables = tasks.variables(turn)
    if turn.task.register is not None:
        variables[turn.task.register] = registered(outcome)
    return holds(loop.break_when, variables)


def _not_meant(tasks: TaskRunner, task: Task, server: ServerName) -> Outcome | None:
    """As Ansible: a list that is not there is no mistake where `when` does not hold anyway."""
    try:
        if task.when and not holds(task.when, tasks.scope.of(server, task.variables)):
            return Outcome(status=Status.SKIPPED, message="its condition does not hold")
    except TemplateError:
        pass
    return None


def _keep_facts(tasks: TaskRunner, task: Task, server: ServerName, outcome: Outcome) -> None:
    if outcome.status is Status.UNDECIDED and task.module == "set_fact":
        unknown = Later(f"`{task.name}` sets it when it runs")
        tasks.scope.set_facts(server, dict.fromkeys(task.args, unknown))
    facts = outcome.result.get("ansible_facts")
    if isinstance(facts, Mapping):
        tasks.scope.set_facts(server, facts)


def _label(tasks: TaskRunner, turn: Turn, loop: Loop, item: Any) -> str:
    if turn.task.directives.no_log:
        return "hidden by no_log"
    if loop.label is not None:
        try:
            item = render(loop.label, tasks.variables(turn))
        except (TemplateError, DecidedLater) as error:
            item = str(error)
    text = item if isinstance(item, str) else json.dumps(item)
    return text if len(text) <= _LONGEST_LABEL else text[: _LONGEST_LABEL - 3] + "..."
