"""Who listens on a port of this server, read from /proc; called by `survey`."""

import contextlib
import os
import socket
import struct
from typing import Any, Dict, List, NamedTuple, Set, Tuple

_LISTEN = "0A"


class _Socket(NamedTuple):
    address: str
    port: int
    inode: str


def on_port(port: int) -> List[Dict[str, Any]]:
    """One entry for each listening TCP socket: its address, and the process that has it."""
    sockets = [one for one in _listening() if one.port == port]
    owners = _owners({one.inode for one in sockets}) if sockets else {}
    found = []
    for one in sockets:
        pid, name = owners.get(one.inode, (0, "?"))
        found.append({"address": one.address, "pid": pid, "program": name})
    return found


def _listening() -> List[_Socket]:
    found = []
    for path in ("/proc/self/net/tcp", "/proc/self/net/tcp6"):
        rows: List[List[str]] = []
        with contextlib.suppress(OSError), open(path) as file:  # no IPv6 here
            rows = [line.split() for line in file.readlines()[1:]]
        for row in rows:
            if row[3] == _LISTEN:
                address, _, port = row[1].partition(":")
                found.append(_Socket(_plain(address), int(port, 16), row[9]))
    return found


def _plain(number: str) -> str:
    """The kernel prints addresses as 32-bit words in the order of the machine."""
    words = [int(number[at : at + 8], 16) for at in range(0, len(number), 8)]
    raw = struct.pack("={}I".format(len(words)), *words)
    return socket.inet_ntop(socket.AF_INET if len(raw) == 4 else socket.AF_INET6, raw)


def _owners(inodes: Set[str]) -> Dict[str, Tuple[int, str]]:
    wanted = {"socket:[{}]".format(inode): inode for inode in inodes}
    found: Dict[str, Tuple[int, str]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            for target in _links("/proc/{}/fd".format(entry)):
                if target in wanted:
                    found[wanted[target]] = (int(entry), _name(entry))
    return found


def _links(directory: str) -> List[str]:
    try:
        names = os.listdir(directory)
    except OSError:
        return []
    found = []
    for name in names:
        with contextlib.suppress(OSError):  # closed meanwhile
            found.append(os.readlink(os.path.join(directory, name)))
    return found


def _name(pid: str) -> str:
    try:
        with open("/proc/{}/comm".format(pid), errors="replace") as file:
            return file.read().strip()
    except OSError:
        return "?"
