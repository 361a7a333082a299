"""What a lab of either kind looks like from outside: servers, a client, a service, faults."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol


@dataclasses.dataclass(frozen=True, kw_only=True)
class LabServer:
    """One of the two servers; `enter` is the argv prefix that runs a command on it."""

    name: str
    address: str
    port: int
    user: str
    key: Path
    known_hosts: Path
    enter: tuple[str, ...]


@dataclasses.dataclass(frozen=True, kw_only=True)
class LabClient:
    """A machine on the public network that is none of the servers."""

    enter: tuple[str, ...]


@dataclasses.dataclass(frozen=True, kw_only=True)
class LabService:
    """What the lab's group serves once it is started."""

    address: str
    url: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class LabDescription:
    """Everything a test or a script needs to use a lab that is up."""

    lab: str
    kind: str
    inventory: Path
    group: str
    servers: tuple[LabServer, ...]
    client: LabClient
    service: LabService

    def as_json(self) -> dict[str, Any]:
        return {key: _plain(value) for key, value in dataclasses.asdict(self).items()}

    @classmethod
    def from_json(cls, read: Mapping[str, Any]) -> LabDescription:
        """What `as_json` wrote."""
        return cls(
            lab=read["lab"],
            kind=read["kind"],
            inventory=Path(read["inventory"]),
            group=read["group"],
            servers=tuple(_server(server) for server in read["servers"]),
            client=LabClient(enter=tuple(read["client"]["enter"])),
            service=LabService(**read["service"]),
        )

    def server(self, name: str) -> LabServer:
        """Raises KeyError for a name that is none of the two."""
        return {server.name: server for server in self.servers}[name]


class Lab(Protocol):
    """A lab that is up. Every fault is undone by its counterpart or by `down`."""

    description: LabDescription

    def down(self) -> None: ...
    def power_off(self, server: str) -> None: ...
    def power_on(self, server: str) -> None: ...
    def reboot(self, server: str) -> None: ...
    def freeze(self, server: str) -> None: ...
    def thaw(self, server: str) -> None: ...
    def cut_public(self, server: str) -> None: ...
    def join_public(self, server: str) -> None: ...
    def cut_heartbeat(self, server: str) -> None: ...
    def join_heartbeat(self, server: str) -> None: ...
    def isolate(self, server: str) -> None: ...
    def join(self, server: str) -> None: ...
    def loss(self, server: str, percent: int) -> None: ...
    def disk_error(self, server: str) -> None: ...
    def run(self, server: str, argv: Sequence[str], timeout_s: float = 30) -> str: ...


class Unsupported(RuntimeError):
    """This kind of lab cannot do that; the text says which kind can."""


def _server(read: Mapping[str, Any]) -> LabServer:
    paths = {"key": Path(read["key"]), "known_hosts": Path(read["known_hosts"])}
    return LabServer(**{**read, **paths, "enter": tuple(read["enter"])})


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
