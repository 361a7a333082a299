"""UDP to the peer's guard over every link at once; a datagram is taken once.

Each socket is bound to the link's own address. One that is not there yet is tried again.
"""

import contextlib
import socket
import time
from typing import Callable, Dict, List, Optional, Tuple

from remote_helpers.guarding.settings import Link

AGAIN_S = 1.0
LONGEST = 16384
AT_ONCE = 32
"""Datagrams of one link in one turn: a flood must not keep the lease clock waiting."""
REMEMBERED = 64
TWIN_S = 0.04
"""The same datagram again within this came over another link."""


class _Line:
    """One link."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.socket: Optional[socket.socket] = None
        self.heard_at: Optional[float] = None
        self.problem = "not opened yet"

    def open(self) -> bool:
        """Whether it is newly open."""
        if self.socket is not None:
            return False
        try:
            self.socket = _bound(self.link)
        except OSError as problem:
            self.problem = problem.strerror or str(problem)
            return False
        self.problem = ""
        return True

    def send(self, datagram: bytes) -> None:
        if self.socket is None:
            return
        try:
            self.socket.sendto(datagram, _address(self.link.theirs, self.link.port))
        except OSError as problem:  # no route, no buffer, a firewall: as good as lost on the way
            self.problem = problem.strerror or str(problem)
        else:
            self.problem = ""

    def receive(self) -> List[bytes]:
        found: List[bytes] = []
        with contextlib.suppress(OSError):  # no more; or an error that came back for what was sent
            while self.socket is not None and len(found) < AT_ONCE:
                found.append(self.socket.recv(LONGEST))
        return found

    def close(self) -> None:
        if self.socket is not None:
            self.socket.close()
            self.socket = None


class Links:
    """`on_open`, `on_close` tell the loop which sockets to wait for."""

    def __init__(
        self,
        on_open: Callable[[socket.socket, Callable[[], None]], None],
        on_close: Callable[[socket.socket], None],
        take: Callable[[bytes], bool],
    ) -> None:
        self._on_open, self._on_close, self._take = on_open, on_close, take
        self._lines: Dict[str, _Line] = {}
        self._taken: Dict[bytes, float] = {}
        """Seal -> when. Two heartbeats of an idle guard are alike, but not at once."""
        self._try_at = 0.0

    def use(self, wanted: Tuple[Link, ...]) -> None:
        """What did not change stays open."""
        keep = {one.name: one for one in wanted}
        for name, line in list(self._lines.items()):
            if keep.get(name) != line.link:
                self._close(line)
                del self._lines[name]
        self._lines = {one.name: self._lines.get(one.name) or _Line(one) for one in wanted}
        self._try_at = 0.0

    def open_missing(self, monotonic: float) -> None:
        if monotonic < self._try_at:
            return
        self._try_at = monotonic + AGAIN_S
        for line in self._lines.values():
            if line.open() and line.socket is not None:
                self._on_open(line.socket, lambda line=line: self._receive(line))  # type: ignore[misc]

    def send(self, datagram: bytes) -> None:
        for line in self._lines.values():
            line.send(datagram)

    def _receive(self, line: _Line) -> None:
        monotonic = time.monotonic()
        for datagram in line.receive():
            seal = datagram[:64]
            if monotonic - self._taken.get(seal, 0.0) < TWIN_S:
                continue
            if self._take(datagram):
                if len(self._taken) > REMEMBERED:
                    self._taken.clear()
                self._taken[seal] = monotonic

    def close(self) -> None:
        for line in self._lines.values():
            self._close(line)

    def _close(self, line: _Line) -> None:
        if line.socket is not None:
            self._on_close(line.socket)
        line.close()

    def problems(self) -> List[str]:
        """For people: which link cannot be used now, and why."""
        return [
            "link {} from {}: {}".format(line.link.name, line.link.mine, line.problem)
            for line in self._lines.values()
            if line.problem
        ]


def _address(address: str, port: int) -> Tuple[str, int]:
    return (address, port)


def _bound(link: Link) -> socket.socket:
    family = socket.AF_INET6 if ":" in link.mine else socket.AF_INET
    made = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
    try:
        made.bind(_address(link.mine, link.port))
    except OSError:
        made.close()
        raise
    return made
