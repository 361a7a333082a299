"""The kernel's own control socket: works when the machine's network, ssh or systemd do not."""

from __future__ import annotations

import contextlib
import os
import socket
import struct
from pathlib import Path

_MAGIC, _VERSION, _LONGEST = 0xCAFEBABE, 2, 512
_REQUEST = struct.Struct(f"=III{_LONGEST}s")
_REPLY = struct.Struct(f"=iII{_LONGEST}s")


class ConsoleSilent(RuntimeError):
    """No kernel listens there, or it does not answer."""


def ask(control: Path, command: str, timeout_s: float = 5) -> str:
    """Sends one command of the management console and returns what it says."""
    text = command.encode()
    own = control.with_name(f"asked-{os.getpid()}-{os.urandom(4).hex()}")
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
            end.settimeout(timeout_s)
            end.bind(str(own))
            end.connect(str(control))
            end.send(_REQUEST.pack(_MAGIC, _VERSION, len(text), text))
            return _answer(end)
    except OSError as error:
        raise ConsoleSilent(f"{control}: {command!r}: {error}") from error
    finally:
        own.unlink(missing_ok=True)


def tell(control: Path, command: str) -> None:
    """For commands that end the kernel: it may not live to answer."""
    with contextlib.suppress(ConsoleSilent):
        ask(control, command, timeout_s=1)


def _answer(end: socket.socket) -> str:
    said = ""
    while True:
        received = end.recv(_REPLY.size).ljust(_REPLY.size, b"\0")
        error, more, length, data = _REPLY.unpack(received)
        said += bytes(data[:length]).decode(errors="replace").rstrip("\0")
        if error:
            raise ConsoleSilent(f"refused: {said}")
        if not more:
            return said
