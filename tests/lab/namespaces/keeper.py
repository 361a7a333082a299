"""`python -m tests.lab.namespaces.keeper LAB SERVER`: one server's power supply and reset button.

It starts the server again when it reboots (a reboot inside a PID namespace ends its first process
with SIGHUP) and leaves it off in every other case. It reads what is written to the server's
/proc/sysrq-trigger. It holds the server's lock while the server is on.
"""

from __future__ import annotations

import fcntl
import os
import select
import signal
import subprocess
import sys

from tests.lab import registry
from tests.lab.namespaces.server import Server

_RESET, _OFF, _CRASH = b"b", b"o", b"c"


def keep(server: Server) -> None:
    """Returns when the server is off."""
    with (server.folder / "keeper.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        pipe = os.open(server.sysrq, os.O_RDWR | os.O_NONBLOCK)
        again = True
        while again:
            again = _wait(server, server.boot(), pipe)
        server.switched_off()


def _wait(server: Server, running: subprocess.Popen[bytes], pipe: int) -> bool:
    """True when the server is to start again."""
    reset = False
    if running.poll() is not None:
        return False  # it did not even begin; its console says why
    ended = os.pidfd_open(running.pid)
    try:
        while running.poll() is None:
            readable, _, _ = select.select([ended, pipe], [], [])
            key = os.read(pipe, 1) if pipe in readable else b""
            if key in (_RESET, _OFF, _CRASH):
                reset = key == _RESET
                server.kill()
    finally:
        os.close(ended)
    return reset or running.wait() == -signal.SIGHUP


def main() -> None:
    _, lab, name = sys.argv
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    record = registry.find(lab)
    keep(Server(record, name))


if __name__ == "__main__":
    main()
