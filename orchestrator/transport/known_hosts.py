"""Which host keys are accepted, where they stand, and storing one that is seen for the first time.

asyncssh checks keys but neither says which line of which file disagrees nor ever writes one.
"""

import dataclasses
import fcntl
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import asyncssh

USUAL_KINDS = (
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "rsa-sha2-512",
    "rsa-sha2-256",
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class KnownHosts:
    """One known_hosts file, read at the start of one connection."""

    path: Path
    host: str
    port: int
    text: str

    @property
    def pattern(self) -> str:
        """How OpenSSH writes the server's name in the file."""
        return self.host if self.port == 22 else f"[{self.host}]:{self.port}"

    def line_of_known_key(self, address: str) -> int | None:
        """The first line that names this server; None: it was never seen."""
        for number, line in enumerate(self.text.splitlines(), start=1):
            if self._names_server(line, address):
                return number
        return None

    def _names_server(self, line: str, address: str) -> bool:
        try:
            found = asyncssh.import_known_hosts(line + "\n").match(
                self.host, address, self._port_if_unusual
            )
        except ValueError:  # a line it cannot read: OpenSSH skips it, too
            return False
        return bool(found[0])

    def usable(self) -> asyncssh.SSHKnownHosts:
        """All lines that can be read: one bad line must not lock out every server."""
        good = []
        for line in self.text.splitlines():
            try:
                asyncssh.import_known_hosts(line + "\n")
            except ValueError:
                continue
            good.append(line)
        return asyncssh.import_known_hosts("\n".join(good) + "\n")

    def of_server(self) -> Sequence[Any]:
        """What stands under the server's own name, for asyncssh, and nothing under its addresses:
        behind a peer an address that was mixed up would be another known server's.
        """
        return self.usable().match(self.host, "", self._port_if_unusual)

    def algorithms(self) -> tuple[str, ...]:
        """Kinds of keys to ask for: the known ones first, but not only those.

        asyncssh would ask for the known kinds alone; a server that was installed anew with other
        kinds then fails with words that say nothing of keys. Empty: leave it to asyncssh, which
        knows certificates.
        """
        keys, authorities, *_ = self.of_server()
        if authorities:
            return ()
        known = [name.decode() for key in keys for name in key.sig_algorithms]
        return tuple(dict.fromkeys([*known, *USUAL_KINDS]))

    @property
    def _port_if_unusual(self) -> int | None:
        return None if self.port == 22 else self.port

    def changed(self, line: int, key: asyncssh.SSHKey) -> str:
        """What a person must know when the key is not the stored one."""
        return (
            f"the server's key {key.get_fingerprint()} is not the one in {self.path} line {line}: "
            "it was installed anew, or something else answers at its address. If you are sure: "
            f"ssh-keygen -f {self.path} -R '{self.pattern}', and connect again"
        )

    def unknown(self, key: asyncssh.SSHKey) -> str:
        return (
            f"the server's key {key.get_fingerprint()} is not in {self.path}; compare it with "
            "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub on the server, then accept it: "
            f"ssh -o UserKnownHostsFile={self.path} -p {self.port} {self.host}"
        )

    def store(self, key: asyncssh.SSHKey) -> None:
        """One whole line in one write, on disk; several controllers may write at once."""
        line = f"{self.pattern} {key.export_public_key('openssh').decode().strip()}\n"
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        descriptor = os.open(self.path, flags, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            size = os.fstat(descriptor).st_size
            if size and os.pread(descriptor, 1, size - 1) != b"\n":
                line = "\n" + line  # somebody's editor left the last line open
            os.write(descriptor, line.encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def read(path: Path | None, host: str, port: int) -> KnownHosts:
    """None: the user's own file. A file that is not there knows nobody."""
    where = path if path is not None else Path("~/.ssh/known_hosts").expanduser()
    try:
        text = where.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        text = ""
    return KnownHosts(path=where, host=host, port=port, text=text)
