"""What a program rests on, part by part, as digests: so that a run that goes on knows what changed.

Made by `compile`; kept in a run's charter and compared by `runtime.operate`. No value is kept: an
inventory may hold secrets.
"""

import dataclasses
import enum
import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from orchestrator.model import Group, ResourceName, ServerName
from orchestrator.playbooks.model import Playbook

RESOURCE = "resource "
SERVERS = "the servers"
Basis = Mapping[str, str]
"""What it is, as people call it, and its digest."""


def digest_of(
    playbook: Playbook,
    group: Group,
    only: Collection[ResourceName],
    of_servers: Mapping[ServerName, Mapping[str, Any]],
) -> str:
    """Servers by name: a new port or key file of one does not make another program."""
    contributed = {
        "playbook": playbook.text,
        "files": playbook.files,
        "group": group.name,
        "servers": group.server_names,
        "resources": group.resources,
        "variables": of_servers,
        "only": sorted(only),
    }
    return _digest(contributed)


def basis_of(group: Group, of_servers: Mapping[ServerName, Mapping[str, Any]]) -> Basis:
    return {
        SERVERS: _digest(group.server_names),
        **{f"{RESOURCE}{name}": _digest(one) for name, one in group.resources.items()},
        **{
            f"variable {name} of {server}": _digest(value)
            for server, variables in of_servers.items()
            for name, value in variables.items()
        },
    }


def changes(before: Basis, now: Basis) -> Iterator[str]:
    """For people."""
    for name in sorted(before.keys() | now.keys()):
        if name not in now:
            yield f"{name} is gone"
        elif name not in before:
            yield f"{name} is new"
        elif before[name] != now[name]:
            yield f"{name} has changed"


def is_another(before: Basis, now: Basis) -> bool:
    """Whether what was done so far would mean something else.

    A resource that is new would be taken for stopped, one that is gone left running.
    """
    return _fixed(before) != _fixed(now)


def _fixed(basis: Basis) -> tuple[str | None, set[str]]:
    return basis.get(SERVERS), {name for name in basis if name.startswith(RESOURCE)}


def _digest(value: Any) -> str:
    text = json.dumps(_plain(value), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    """The same text for equal values, whatever order a mapping was written in."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        return [type(value).__name__, _plain(fields)]
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, enum.Enum):
        return value.value
    return value if value is None or isinstance(value, str | int | float) else str(value)
