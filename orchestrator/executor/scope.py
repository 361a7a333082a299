"""The variables a task sees, in Ansible's order of precedence, plus ours.

From weak to strong: inventory, play, block, task, registered and set facts, extra (`-e`).
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from orchestrator.executor.charter import Charter
from orchestrator.model import Group, Outcome, ServerName, Status


class Scope:
    """One run's variables; registered ones are kept by server."""

    def __init__(self, group: Group, charter: Charter) -> None:
        self._group = group
        self._charter = charter
        self._layers: list[Mapping[str, Any]] = []
        self._facts: dict[ServerName, dict[str, Any]] = {name: {} for name in group.server_names}

    @contextmanager
    def within(self, variables: Mapping[str, Any]) -> Iterator[None]:
        """A play's or block's own variables, for as long as it lasts."""
        self._layers.append(variables)
        try:
            yield
        finally:
            self._layers.pop()

    def of(self, server: ServerName, task_variables: Mapping[str, Any]) -> dict[str, Any]:
        merged: dict[str, Any] = dict(self._group.variables)
        for layer in (*self._layers, task_variables, self._facts[server]):
            merged.update(layer)
        merged.update(self._charter.variables)
        merged.update(self._magic(server))
        return merged

    def register(self, server: ServerName, name: str, outcome: Outcome) -> None:
        self._facts[server][name] = registered(outcome)

    def set_facts(self, server: ServerName, facts: Mapping[str, Any]) -> None:
        self._facts[server].update(facts)

    def note_failure(self, server: ServerName, outcome: Outcome) -> None:
        """What `rescue` sees of the failure it is there for."""
        self._facts[server]["ansible_failed_result"] = registered(outcome)

    def _magic(self, server: ServerName) -> dict[str, Any]:
        names = list(self._group.server_names)
        return {
            "inventory_hostname": server,
            "groups": {self._group.name: names, "all": names},
            "group": self._group.name,
            "source": self._charter.source,
            "target": self._charter.target,
            "epoch": self._charter.epoch,
            "hostvars": {name: dict(facts) for name, facts in self._facts.items()},
            "ansible_check_mode": False,
        }


def registered(outcome: Outcome) -> dict[str, Any]:
    """What `register` keeps: Ansible's words for how it ended, and the module's own results."""
    return {
        **outcome.result,
        "msg": outcome.message,
        "changed": outcome.status is Status.CHANGED,
        "failed": outcome.status is Status.FAILED,
        "skipped": outcome.status is Status.SKIPPED,
        "unreachable": outcome.status is Status.UNREACHABLE,
    }
