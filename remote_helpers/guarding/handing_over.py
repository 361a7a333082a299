"""A guard of another version takes over from the one that runs, without a moment without a clock.

The old one stops acting, sends state and lock, and ends when the new one says that it has them;
when that word does not come in time it goes on as if nobody had asked. The new one acts only once
it has heard that the old one is gone. The lock travels as a descriptor, so it is never free.
"""

import array
import json
import os
import socket
from typing import Any, Dict, List, NamedTuple, Optional

from remote_helpers.guarding import state_file
from remote_helpers.guarding.places import Places
from remote_helpers.guarding.state_file import Left

PATIENCE_S = 0.5
_MOST = 65536


class Taken(NamedTuple):
    left: Left
    lock: int
    cover: Optional[int]


class NotNow(Exception):
    """The old guard goes on; it may be asked again."""


def give(connection: socket.socket, left: Left, descriptors: List[int], within: float) -> bool:
    """In the old guard: whether the new one has taken over. The caller has stopped acting."""
    connection.setblocking(True)
    connection.settimeout(within)
    line = json.dumps({"state": state_file.encode(left).decode("ascii")}).encode("ascii") + b"\n"
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors).tobytes())]
    try:
        sent = connection.sendmsg([line], rights)
        connection.sendall(line[sent:])
        if b"taken" not in connection.recv(1024):
            return False
        connection.sendall(b'{"gone": true}\n')
    except OSError:
        return False
    return True


def take(places: Places, boot: str) -> Taken:
    """In the new guard. Raises NotNow, or OSError when nobody is there to be asked."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as old:
        old.settimeout(2 * PATIENCE_S)
        old.connect(places.socket)
        old.sendall(b'{"id": 1, "do": "hand-over"}\n')
        descriptors: List[int] = []
        message = _line(old, descriptors)
        left = state_file.decode(message.get("state", "").encode("ascii"), boot)
        if left is None or not descriptors:
            raise NotNow(message.get("error", "it sent no state"))
        old.sendall(b'{"id": 2, "do": "taken"}\n')
        if not _line(old, []).get("gone"):
            raise NotNow("it goes on")
    for descriptor in descriptors:
        os.set_inheritable(descriptor, False)
    return Taken(left, descriptors[0], descriptors[1] if len(descriptors) > 1 else None)


def _line(old: socket.socket, descriptors: List[int]) -> Dict[str, Any]:
    received = b""
    while b"\n" not in received:
        room = socket.CMSG_SPACE(2 * array.array("i").itemsize)
        data, ancillary, _, _ = old.recvmsg(_MOST, room)
        if not data:
            return {}
        received += data
        for level, kind, raw in ancillary:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                numbers = array.array("i")
                numbers.frombytes(raw[: len(raw) - len(raw) % numbers.itemsize])
                descriptors.extend(numbers)
    found: Dict[str, Any] = json.loads(received.decode("utf-8"))
    return found
