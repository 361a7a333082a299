"""Which files of tasks an include means on a server, once for each item of its loop."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from orchestrator.executor.foretold import undecided
from orchestrator.executor.loop import item_variables, items_of
from orchestrator.executor.task import TaskRunner, broken
from orchestrator.model import Outcome, ServerName
from orchestrator.playbooks.beside import path_from
from orchestrator.playbooks.later import DecidedLater
from orchestrator.playbooks.model import CompiledInclude
from orchestrator.playbooks.module import failed
from orchestrator.playbooks.template import TemplateError, holds, render


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Inclusion:
    server: ServerName
    number: int
    """Of the loop's turn; 0 where there is none."""
    file: str
    variables: Mapping[str, Any]


def inclusions(
    tasks: TaskRunner, node: CompiledInclude, server: ServerName
) -> list[Inclusion] | Outcome:
    """An Outcome where nobody can tell which file is meant."""
    include = node.include
    try:
        turns: list[dict[str, Any]] = [{}]
        if include.loop is not None:
            items = items_of(include.loop, tasks.scope.of(server, include.variables))
            turns = [item_variables(include.loop, items, number) for number in range(len(items))]
        found = []
        for number, item in enumerate(turns):
            variables = tasks.scope.of(server, include.variables, item)
            if not holds(include.when, variables):
                continue
            file = path_from(include.position.file, str(render(include.file, variables)))
            if file not in node.files:
                known = ", ".join(node.files)
                return failed(f"{include.position}: {file} is none of the files read: {known}")
            own = {**include.variables, **item}
            found.append(Inclusion(server=server, number=number, file=file, variables=own))
    except TemplateError as error:
        return broken(include.position, error)
    except DecidedLater as later:
        return undecided(later.why)
    return found
