"""What a run was given when it began: enough to go on with exactly that run after a crash."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from orchestrator.model import ControllerId, Epoch, GroupName, ResourceName, RunId, ServerName
from orchestrator.transport import Reign


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Charter:
    run: RunId
    group: GroupName
    playbook: str
    """Its name, for people."""
    file: str
    text: str
    """The playbook's source: a resumed run is the run that was begun, whatever was edited since."""
    digest: str
    """Of the compiled program: a configuration that changed since is noticed."""
    source: ServerName
    target: ServerName
    epoch: Epoch
    controller: ControllerId
    servers: tuple[ServerName, ...]
    """The run touches no other; both, unless it was limited."""
    only: tuple[ResourceName, ...]
    """The resources that were asked for; empty: all."""
    variables: Mapping[str, Any]
    by: str
    """Who asked for it."""
    files: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """The texts of all files that the playbook includes, by path."""
    selection: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    """Tags and the task to start at: `playbooks.directives.Selection`."""
    basis: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """What the program rests on, part by part: what has changed since can be said."""
    diff: bool = False
    """What tasks change within files is told."""

    @property
    def reign(self) -> Reign:
        return Reign(group=self.group, epoch=self.epoch, controller=self.controller, run=self.run)

    def as_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Charter":
        """Raises TypeError or KeyError for a document that is not a charter."""
        lists = {"servers": tuple(document["servers"]), "only": tuple(document["only"])}
        return cls(**{**document, **lists})
