"""Keys of one lab, and the files that make a server of the common tree this server of this lab."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from pathlib import Path

from tests.lab import addresses, programs
from tests.lab.addresses import Addresses


@dataclasses.dataclass(frozen=True)
class Credentials:
    """Files under the lab's folder: a login key, a host key a server, the known hosts."""

    folder: Path

    @property
    def key(self) -> Path:
        return self.folder / "key"

    @property
    def known_hosts(self) -> Path:
        return self.folder / "known_hosts"

    def host_key(self, server: str) -> Path:
        return self.folder / f"hostkey-{server}"

    def make(self, plan: Addresses) -> None:
        """New keys for a new lab: nothing of one lab opens another."""
        programs.require_programs({"ssh-keygen": "openssh-client", "ssh": "openssh-client"})
        _keygen(self.key, "hasys-lab")
        lines = []
        for server in addresses.SERVERS:
            _keygen(self.host_key(server), server)
            public = self.host_key(server).with_suffix(".pub").read_text().split()
            lines.append(f"{plan.public(server)},{plan.heartbeat(server)} {public[0]} {public[1]}")
        self.known_hosts.write_text("\n".join(lines) + "\n")

    def host_files(self, server: str, plan: Addresses) -> Mapping[str, tuple[int, str]]:
        """Path below the server's root -> mode and text; all owned by root."""
        host_key = self.host_key(server)
        hosts = [f"{plan.public(name)} {name}" for name in addresses.SERVERS]
        machine_id = hashlib.md5(f"{plan.index} {server}".encode()).hexdigest()
        return {
            "etc/hostname": (0o644, f"{server}\n"),
            "etc/hosts": (0o644, "\n".join(["127.0.0.1 localhost", *hosts]) + "\n"),
            "etc/machine-id": (0o444, f"{machine_id}\n"),
            "etc/ssh/lab_authorized_keys": (0o644, self.key.with_suffix(".pub").read_text()),
            "etc/ssh/ssh_host_ed25519_key": (0o600, host_key.read_text()),
            "etc/ssh/ssh_host_ed25519_key.pub": (0o644, host_key.with_suffix(".pub").read_text()),
        }


def write_host_files(root: Path, files: Mapping[str, tuple[int, str]]) -> None:
    """Into a server's own layer or into an unpacked tree."""
    for name, (mode, text) in files.items():
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch(mode=mode)
        target.write_text(text)
        target.chmod(mode)


def _keygen(target: Path, comment: str) -> None:
    programs.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(target)])
