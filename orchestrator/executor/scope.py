"""The variables a task sees, in Ansible's order of precedence, plus ours.

From weak to strong: inventory (its groups, then the server's own), play, its files, block, task,
registered results and set facts, the items of a loop, extra (`-e`).
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from orchestrator.executor.charter import Charter
from orchestrator.executor.lost import LostServers
from orchestrator.model import Group, Outcome, ServerName, Status
from orchestrator.playbooks.compile import Variables

_NOTHING: Mapping[str, Any] = {}


class Scope:
    """One run's variables; registered ones are kept by server."""

    def __init__(self, group: Group, charter: Charter, inventory: Variables | None = None) -> None:
        self._group = group
        self._charter = charter
        self._inventory: Variables = inventory or dict.fromkeys(group.server_names, group.variables)
        self._layers: list[Mapping[ServerName, Mapping[str, Any]]] = []
        self._facts: dict[ServerName, dict[str, Any]] = {name: {} for name in group.server_names}
        self._roles: Mapping[str, ServerName | None] = {"active": None, "standby": None}
        self.lost = LostServers()

    @contextmanager
    def within(self, variables: Mapping[str, Any]) -> Iterator[None]:
        """A play's or block's own variables, for as long as it lasts."""
        with self.within_each(dict.fromkeys(self._group.server_names, variables)):
            yield

    @contextmanager
    def within_each(self, variables: Mapping[ServerName, Mapping[str, Any]]) -> Iterator[None]:
        """The same where they differ from server to server, as the items of a loop may."""
        self._layers.append(variables)
        try:
            yield
        finally:
            self._layers.pop()

    def of(
        self,
        server: ServerName,
        task_variables: Mapping[str, Any],
        item_variables: Mapping[str, Any] = _NOTHING,
    ) -> dict[str, Any]:
        merged: dict[str, Any] = dict(self._inventory[server])
        own = (layer.get(server, _NOTHING) for layer in self._layers)
        for layer in (*own, task_variables, self._facts[server], item_variables):
            merged.update(layer)
        merged.update(self._charter.variables)
        merged.update(self._magic(server))
        return merged

    def register(self, server: ServerName, name: str, outcome: Outcome) -> None:
        self._facts[server][name] = registered(outcome)

    def set_facts(self, server: ServerName, facts: Mapping[str, Any]) -> None:
        self._facts[server].update(facts)

    def facts_of(self, server: ServerName) -> Mapping[str, Any]:
        return self._facts[server]

    def set_roles(self, active: ServerName | None, standby: ServerName | None) -> None:
        """As they were found when the play began."""
        self._roles = {"active": active, "standby": standby}

    def note_failure(
        self, server: ServerName, outcome: Outcome, task: Mapping[str, Any] | None = None
    ) -> None:
        """What `rescue` sees of the failure it is there for."""
        self._facts[server]["ansible_failed_result"] = registered(outcome)
        if task is not None:
            self._facts[server]["ansible_failed_task"] = dict(task)

    def _magic(self, server: ServerName) -> dict[str, Any]:
        names = list(self._group.server_names)
        return {
            "inventory_hostname": server,
            "groups": {self._group.name: names, "all": names},
            "group": self._group.name,
            "source": self._charter.source,
            "target": self._charter.target,
            "epoch": self._charter.epoch,
            "reason": str(self._charter.variables.get("reason", "")),
            **self._roles,
            "hostvars": {
                name: {**self._inventory[name], **facts, "inventory_hostname": name}
                for name, facts in self._facts.items()
            },
            "lost_servers": self.lost.as_variable(),
            "ansible_check_mode": False,
        }


def registered(outcome: Outcome) -> dict[str, Any]:
    """What `register` keeps: Ansible's words for how it ended, and the module's own results."""
    return {
        **outcome.result,
        "msg": outcome.message,
        "changed": outcome.status is Status.CHANGED or outcome.result.get("changed") is True,
        "failed": outcome.status is Status.FAILED,
        "skipped": outcome.status is Status.SKIPPED,
        "unreachable": outcome.status is Status.UNREACHABLE,
    }
