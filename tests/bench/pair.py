"""Two real OpenSSH servers on the loopback interface, for any contender to log in to."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from orchestrator.model import Server, ServerName
from orchestrator.transport import Reply, Request, SshTransport
from tests.transport.sshd import PYTHON, Sshd, running

NAMES = ("a", "b")
GROUP = "pair"
_APART = """
mount --bind "$0" /var/lib
if [ -e ~/.bashrc ]; then mount --bind /dev/null ~/.bashrc; fi
exec "$@"
"""
"""bash reads ~/.bashrc for every command that comes by ssh; this machine's may be a long one."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Pair:
    folder: Path
    """Without a character that a shell would look at."""
    sshd: dict[str, Sshd]

    @property
    def inventory(self) -> Path:
        return self.folder / "inventory"

    def server(self, name: str) -> Server:
        return Server(name=ServerName(name), login=self.sshd[name].login())

    def transport(self) -> PairTransport:
        return PairTransport(self)

    def ssh_options(self, name: str) -> list[str]:
        """For OpenSSH's client: nothing of this machine's own configuration."""
        sshd = self.sshd[name]
        words = {
            "IdentityFile": sshd.key,
            "UserKnownHostsFile": sshd.known_hosts,
            "Port": sshd.port,
            "User": sshd.user,
            "BatchMode": "yes",
            "ControlPath": self.folder / f"mux-{name}",
        }
        return ["-F", "none", *(f"-o{word}={value}" for word, value in words.items())]

    def write_inventory(
        self, resources: dict[str, Any], networks: dict[str, Any] | None = None
    ) -> None:
        """One hosts file serves both HA_SYS and Ansible."""
        hosts = {
            name: {
                "ansible_host": "127.0.0.1",
                "ansible_port": sshd.port,
                "ansible_user": sshd.user,
                "ansible_ssh_private_key_file": str(sshd.key),
                "ansible_ssh_common_args": f"-o UserKnownHostsFile={sshd.known_hosts}",
                "ansible_python_interpreter": PYTHON,
            }
            for name, sshd in self.sshd.items()
        }
        group = {
            "group": GROUP,
            "servers": list(NAMES),
            "preferred_active": NAMES[0],
            "networks": networks or {},
            "resources": resources,
        }
        (self.inventory / "groups").mkdir(parents=True, exist_ok=True)
        _dump(self.inventory / "hosts.yaml", {"all": {"children": {GROUP: {"hosts": hosts}}}})
        _dump(self.inventory / "groups" / f"{GROUP}.yaml", group)


class PairTransport:
    """The real transport, with a state directory for each server: they share one machine."""

    def __init__(self, pair: Pair) -> None:
        self._one = {
            ServerName(name): SshTransport(
                [pair.server(name)], state_directory=str(pair.folder / f"state-{name}")
            )
            for name in NAMES
        }

    async def call(self, server: ServerName, request: Request) -> Reply:
        return await self._one[server].call(server, request)

    async def close(self) -> None:
        for one in self._one.values():
            await one.close()


@contextlib.contextmanager
def running_pair(folder: Path) -> Iterator[Pair]:
    """As root each has a /var/lib of its own: the command line can be used as it is."""
    with contextlib.ExitStack() as stack:
        sshd = {}
        for name in NAMES:
            (folder / name).mkdir()
            sshd[name] = stack.enter_context(running(folder / name, _apart(folder, name)))
        yield Pair(folder=folder, sshd=sshd)


def _apart(folder: Path, name: str) -> tuple[str, ...]:
    if os.geteuid() != 0:
        return ()
    own = folder / f"var-lib-{name}"
    own.mkdir()
    return ("unshare", "--mount", "sh", "-ec", _APART, str(own))


def quoted(program: str) -> str:
    """A Python program as a command of a login shell."""
    return f"exec {PYTHON} -I -S -c {shlex.quote(program)}"


def _dump(file: Path, document: dict[str, Any]) -> None:
    file.write_text(yaml.safe_dump(document, sort_keys=False))
