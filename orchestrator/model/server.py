"""One of the two servers, and how it is reached."""

import dataclasses
from pathlib import Path

from orchestrator.model.ids import ServerName


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """How to log in; the names follow Ansible's connection variables."""

    address: str
    port: int = 22
    user: str = "root"
    key_file: Path | None = None
    password: str | None = dataclasses.field(default=None, repr=False)
    known_hosts: Path | None = None
    """None: `~/.ssh/known_hosts`."""
    python: str | None = None
    """`ansible_python_interpreter`; None: the usual ones are tried in order."""
    become: bool = False
    """Run the helper, and only the helper, with `sudo -n`."""
    connect_timeout_s: float = 5.0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    name: ServerName
    login: Login
