"""The guard's Unix socket: helpers ask, are answered, and are told what the guard asks.

JSON lines. Root only, by the folder that the socket is in.
"""

import json
import os
import socket
from typing import Any, Callable, Dict, List, Mapping

LONGEST_LINE = 1024 * 1024
LONGEST_WAITING = 1024 * 1024
"""Bytes that a helper has not read yet; one that does not read is let go."""


class Client:
    """One helper."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.listens = False
        self._received = b""
        self._waiting = b""

    def lines(self) -> List[Mapping[str, Any]]:
        """Raises OSError, EOFError or ValueError: it is to be let go."""
        data = self.connection.recv(65536)
        if not data:
            raise EOFError
        *whole, self._received = (self._received + data).split(b"\n")
        if len(self._received) > LONGEST_LINE:
            raise ValueError("a line is too long")
        return [json.loads(line.decode("utf-8")) for line in whole]

    def send(self, message: Mapping[str, Any]) -> None:
        """Never waits; raises OSError when it is to be let go."""
        self._waiting += json.dumps(message).encode("ascii") + b"\n"
        self.flush()

    def flush(self) -> None:
        try:
            while self._waiting:
                self._waiting = self._waiting[self.connection.send(self._waiting) :]
        except BlockingIOError:
            if len(self._waiting) > LONGEST_WAITING:
                raise OSError("it does not read") from None

    @property
    def is_behind(self) -> bool:
        return bool(self._waiting)


class Clients:
    """All helpers that are connected."""

    def __init__(
        self,
        on_open: Callable[[socket.socket, Callable[[], None]], None],
        on_close: Callable[[socket.socket], None],
        take: Callable[[Client, Mapping[str, Any]], None],
    ) -> None:
        self._on_open, self._on_close, self._take = on_open, on_close, take
        self._all: Dict[int, Client] = {}
        self._server: Any = None

    def listen(self, path: str) -> None:
        """In place of whoever listened there before, without a moment in which nobody does."""
        fresh = path + ".new"
        if os.path.lexists(fresh):
            os.unlink(fresh)
        server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        server.bind(fresh)
        os.chmod(fresh, 0o600)
        server.listen(16)
        server.setblocking(False)
        os.rename(fresh, path)
        self._server = server
        self._on_open(server, self._accept)

    def _accept(self) -> None:
        try:
            connection, _ = self._server.accept()
        except OSError:  # it went away again
            return
        connection.setblocking(False)
        client = Client(connection)
        self._all[connection.fileno()] = client
        self._on_open(connection, lambda: self._receive(client))

    def _receive(self, client: Client) -> None:
        try:
            lines = client.lines()
        except BlockingIOError:
            return
        except (OSError, EOFError, ValueError):
            self.let_go(client)
            return
        for line in lines:
            self._take(client, line)

    def answer(self, client: Client, message: Mapping[str, Any]) -> None:
        if client.connection.fileno() not in self._all:
            return  # it has gone meanwhile
        try:
            client.send(message)
        except OSError:
            self.let_go(client)

    def tell_listeners(self, message: Mapping[str, Any]) -> None:
        for client in list(self._all.values()):
            if client.listens:
                self.answer(client, message)

    def flush(self) -> None:
        """What could not be written at once."""
        for client in list(self._all.values()):
            if client.is_behind:
                try:
                    client.flush()
                except OSError:
                    self.let_go(client)

    def let_go(self, client: Client) -> None:
        if self._all.pop(client.connection.fileno(), None) is not None:
            self._on_close(client.connection)
            client.connection.close()

    def close(self) -> None:
        for client in list(self._all.values()):
            self.let_go(client)
        if self._server is not None:
            self._on_close(self._server)
            self._server.close()
            self._server = None
