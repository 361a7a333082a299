"""Keys for one demo: the controller's login key, a host key a server. None outlives the demo."""

import dataclasses
from collections.abc import Iterable
from pathlib import Path

import asyncssh


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """All in OpenSSH's formats."""

    key_file: Path
    known_hosts: Path
    authorized: str
    host_keys: dict[str, str]
    """Server -> private key."""
    _public: dict[str, str]

    def note_server(self, server: str, address: str, port: int) -> None:
        """From now on the controller knows this server's key at that address."""
        pattern = address if port == 22 else f"[{address}]:{port}"
        with self.known_hosts.open("a") as file:
            file.write(f"{pattern} {self._public[server]}\n")


def make(folder: Path, servers: Iterable[str]) -> Credentials:
    login = asyncssh.generate_private_key("ssh-ed25519", "hasys-demo")
    key_file = folder / "key"
    key_file.touch(mode=0o600)
    key_file.write_bytes(login.export_private_key())
    host_keys = {server: asyncssh.generate_private_key("ssh-ed25519") for server in servers}
    return Credentials(
        key_file=key_file,
        known_hosts=folder / "known_hosts",
        authorized=login.export_public_key().decode(),
        host_keys={name: key.export_private_key().decode() for name, key in host_keys.items()},
        _public={name: key.export_public_key().decode().strip() for name, key in host_keys.items()},
    )
