"""All that a directory of files says, once it has been found without problems."""

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path

from orchestrator.config.problems import Path as YamlPath
from orchestrator.config.problems import Position, did_you_mean
from orchestrator.errors import UsageError
from orchestrator.model import Group, GroupName, Server, ServerName


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    directory: Path
    groups: Mapping[GroupName, Group]
    servers: Mapping[ServerName, Server]
    """The servers of all groups."""
    variables: Mapping[ServerName, Mapping[str, object]]
    """Of each server, without passwords; a group's own are in `Group.variables`."""
    digests: Mapping[GroupName, str]
    """Of all that a group was built from: equal digests mean equal groups."""
    flows: Mapping[GroupName, Position]
    """Where the resources of a group begin: for what only shows once they are joined."""
    places: Mapping[GroupName, Callable[[YamlPath], Position]]
    """Where the key of a setting stands in a group's file: for what only others can judge."""

    def group(self, name: str) -> Group:
        """Raises UsageError for a name that is not there."""
        try:
            return self.groups[GroupName(name)]
        except KeyError:
            hint = did_you_mean(name, self.groups)
            raise UsageError(f"there is no group {name} in {self.directory}", hint=hint) from None
