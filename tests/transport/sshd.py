"""A real OpenSSH server for one test run: own keys, own configuration, high port, loopback only."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from orchestrator.model import Login, Server, ServerName

SSHD = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/usr/bin:/sbin")
PYTHON = "/usr/bin/python3"


def require_sshd() -> str:
    if SSHD is None:
        if os.environ.get("CI"):
            pytest.fail("openssh-server is not installed")
        pytest.skip("openssh-server is not installed: apt-get install openssh-server")
    return SSHD


def new_key(path: Path) -> Path:
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", str(path)]
    subprocess.run(command, check=True)
    return path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Sshd:
    """`known_hosts` has its key; `key` may log in as whoever runs the test."""

    def __init__(self, folder: Path, prefix: tuple[str, ...] = (), user: str = "") -> None:
        self.folder = folder
        self.user = user or pwd.getpwuid(os.geteuid()).pw_name
        self.port = free_port()
        self.key = new_key(folder / "login_key")
        self.host_key = new_key(folder / "host_key")
        self.authorized_keys = folder / "authorized_keys"
        self.authorized_keys.write_text((folder / "login_key.pub").read_text())
        self.known_hosts = folder / "known_hosts"
        self.learn_host_key()
        self.config = folder / "sshd_config"
        self.config.write_text(
            f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {self.host_key}\n"
            f"AuthorizedKeysFile {self.authorized_keys}\nPidFile none\nStrictModes no\n"
            "UsePAM no\nPasswordAuthentication no\nLogLevel ERROR\nMaxStartups 100\n"
        )
        self._prefix = prefix
        self.process = self._start()

    def learn_host_key(self) -> None:
        public = self.host_key.with_suffix(".pub").read_text()
        self.known_hosts.write_text(f"# test\n[127.0.0.1]:{self.port} {public}")

    def _start(self) -> subprocess.Popen[bytes]:
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        command = [*self._prefix, require_sshd(), "-D", "-e", "-f", str(self.config)]
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        end = time.monotonic() + 10
        while time.monotonic() < end and process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
                return process
            time.sleep(0.01)
        pytest.fail("sshd did not start: " + (self.folder / "log").read_text())

    def login(self, **changes: object) -> Login:
        fields: dict[str, object] = {
            "address": "127.0.0.1",
            "port": self.port,
            "user": self.user,
            "key_file": self.key,
            "known_hosts": self.known_hosts,
            "python": PYTHON,
        }
        return Login(**{**fields, **changes})  # type: ignore[arg-type]

    def server(self, **changes: object) -> Server:
        return Server(name=ServerName("linux1"), login=self.login(**changes))

    def sessions(self) -> list[psutil.Process]:
        """The processes of the server that hold connections, not their shells."""
        listener = psutil.Process(self.process.pid)
        return [one for one in listener.children(recursive=True) if one.name().startswith("sshd")]

    def helpers(self) -> list[psutil.Process]:
        listener = psutil.Process(self.process.pid)
        found = []
        for one in listener.children(recursive=True):
            with contextlib.suppress(psutil.Error):
                if one.name().startswith("python"):
                    found.append(one)
        return found

    def stop(self) -> None:
        for process in self.sessions():
            with contextlib.suppress(psutil.Error):
                process.send_signal(signal.SIGCONT)
                process.kill()
        self.process.terminate()
        self.process.wait(10)


@contextlib.contextmanager
def running(folder: Path, prefix: tuple[str, ...] = (), user: str = "") -> Iterator[Sshd]:
    require_sshd()
    sshd = Sshd(folder, prefix, user)
    try:
        yield sshd
    finally:
        sshd.stop()
