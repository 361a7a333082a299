"""The variables a task sees, in Ansible's order of precedence, plus ours.

From weak to strong: inventory (its groups, then the server's own), play, its files, block, task,
registered results and set facts, what an `include_tasks` hands to its tasks, extra (`-e`), the
items of a loop, magic.
"""

import dataclasses
import posixpath
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from orchestrator.executor.charter import Charter
from orchestrator.executor.lost import LostServers
from orchestrator.model import DrbdSpec, Group, Outcome, Prediction, ServerName, Status, Verdict
from orchestrator.playbooks.beside import FilesOf
from orchestrator.playbooks.compile import Variables
from orchestrator.playbooks.later import Foretold
from orchestrator.playbooks.template import OMIT

_NOTHING: Mapping[str, Any] = {}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PlayNow:
    """The play that a run is in."""

    name: str = ""
    servers: Sequence[ServerName] = ()
    left: Sequence[ServerName] = ()
    """Those for which it goes on."""


class Scope:
    """One run's variables; registered ones are kept by server."""

    def __init__(
        self,
        group: Group,
        charter: Charter,
        inventory: Variables | None = None,
        magic: Mapping[str, Any] = _NOTHING,
    ) -> None:
        """`magic`: in place of the run's own: a plan has some that are known later."""
        self._group = group
        self._charter = charter
        self._inventory: Variables = inventory or dict.fromkeys(group.server_names, group.variables)
        self._layers: list[Mapping[str, Any]] = []
        self._parameters: list[Mapping[ServerName, Mapping[str, Any]]] = []
        self._facts: dict[ServerName, dict[str, Any]] = {name: {} for name in group.server_names}
        self._roles: Mapping[str, ServerName | None] = {"active": None, "standby": None}
        self._play = PlayNow()
        self._own_magic = magic
        self._doubts: list[Mapping[ServerName, str]] = []
        self.lost = LostServers()

    @contextmanager
    def within(self, variables: Mapping[str, Any]) -> Iterator[None]:
        """A play's or block's own variables, for as long as it lasts."""
        self._layers.append(variables)
        try:
            yield
        finally:
            self._layers.pop()

    @contextmanager
    def handing(self, variables: Mapping[ServerName, Mapping[str, Any]]) -> Iterator[None]:
        """What an include hands to the tasks of its file: as Ansible, more than any set fact."""
        self._parameters.append(variables)
        try:
            yield
        finally:
            self._parameters.pop()

    @contextmanager
    def doubting(self, doubts: Mapping[ServerName, str]) -> Iterator[None]:
        """Tasks of these servers are decided when they run, for this reason: in a plan alone."""
        self._doubts.append(doubts)
        try:
            yield
        finally:
            self._doubts.pop()

    def doubt_of(self, server: ServerName) -> str:
        """Empty: there is none."""
        return next((found[server] for found in self._doubts if server in found), "")

    def of(
        self,
        server: ServerName,
        task_variables: Mapping[str, Any],
        item_variables: Mapping[str, Any] = _NOTHING,
    ) -> dict[str, Any]:
        merged: dict[str, Any] = dict(self._inventory[server])
        handed = (layer.get(server, _NOTHING) for layer in self._parameters)
        for layer in (
            *self._layers,
            task_variables,
            self._facts[server],
            *handed,
            self._charter.variables,
            item_variables,
            self._magic(server),
        ):
            merged.update(layer)
        return merged

    def register(self, server: ServerName, name: str, outcome: Outcome) -> None:
        self._facts[server][name] = registered(outcome)

    def set_facts(self, server: ServerName, facts: Mapping[str, Any]) -> None:
        self._facts[server].update(facts)

    def facts_of(self, server: ServerName) -> Mapping[str, Any]:
        return self._facts[server]

    def files_of(self, file: str) -> FilesOf:
        """For the tasks of this file: what stood beside it when the run began."""
        return FilesOf(file, self._charter.files)

    def set_play(self, play: PlayNow) -> None:
        self._play = play

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
            "inventory_hostname_short": server.partition(".")[0],
            "groups": {self._group.name: names, "all": names},
            "group_names": [self._group.name],
            "group": self._group.name,
            "drbd_resources": [
                one.spec.resource
                for one in self._group.resources.values()
                if isinstance(one.spec, DrbdSpec)
            ],
            "source": self._charter.source,
            "target": self._charter.target,
            "preferred_active": self._group.preferred_active,
            "epoch": self._charter.epoch,
            "reason": str(self._charter.variables.get("reason", "")),
            **self._roles,
            "role": next((r.upper() for r, name in self._roles.items() if name == server), None),
            **self._of_play(),
            "hostvars": {
                name: {**self._inventory[name], **facts, "inventory_hostname": name}
                for name, facts in self._facts.items()
            },
            "lost_servers": self.lost.as_variable(),
            "omit": OMIT,
            "ansible_check_mode": False,
            **self._own_magic,
        }

    def _of_play(self) -> dict[str, Any]:
        left = list(self._play.left)
        selection = self._charter.selection
        return {
            "ansible_play_name": self._play.name,
            "ansible_play_hosts_all": list(self._play.servers),
            "ansible_play_hosts": left,
            "ansible_play_batch": left,
            "play_hosts": left,
            "ansible_run_tags": list(selection.get("tags") or ["all"]),
            "ansible_skip_tags": list(selection.get("skip_tags") or []),
            "playbook_dir": posixpath.dirname(self._charter.file) or ".",
        }


def registered(outcome: Outcome) -> Mapping[str, Any]:
    """What `register` keeps: Ansible's words for how it ended, and the module's own results."""
    found = {
        **outcome.result,
        "msg": outcome.message,
        "changed": outcome.status is Status.CHANGED or outcome.result.get("changed") is True,
        "failed": outcome.status is Status.FAILED,
        "skipped": outcome.status is Status.SKIPPED,
        "unreachable": outcome.status is Status.UNREACHABLE,
    }
    return found if outcome.prediction is None else _foretold(found, outcome.prediction)


def _foretold(found: dict[str, Any], prediction: Prediction) -> Mapping[str, Any]:
    """Only what the run will have for certain, as long as the step does not fail."""
    found["predicted"] = True
    why = "it depends on what an earlier step says when it runs"
    if prediction.verdict is Verdict.UNKNOWN or prediction.assumes:
        return Foretold({"predicted": True}, why)
    if prediction.verdict is Verdict.CHANGE:
        del found["msg"]
        return Foretold(found, why)
    if prediction.result is None:
        sure = {name: found[name] for name in ("changed", "skipped", "predicted")}
        return Foretold(sure, why)
    return found


def with_item(result: Mapping[str, Any], item: Mapping[str, Any]) -> Mapping[str, Any]:
    """One of a loop's results, with what the turn was about."""
    return result.with_known(item) if isinstance(result, Foretold) else {**result, **item}
