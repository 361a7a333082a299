"""A client that writes all the time, and remembers every write that was acknowledged.

`lab-store` on the servers appends each number it is sent to a file and forces it to the disk
before it answers. So every number that was answered must be in the file afterwards, whatever
happened meanwhile: `Writing.lost(numbers in the file)` names those that are not.

As a program, `python -m tests.lab.kernel.writer ADDRESS PORT` writes until its standard input ends
and then says what was acknowledged, and when, as JSON.
"""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import json
import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TextIO

from tests.lab.interface import LabDescription

STORE_PORT = 8081
_PROJECT = Path(__file__).parents[3]
_PATIENCE_S = 1.0
_PAUSE_S = 0.01
_END_S = 10.0


@dataclasses.dataclass(frozen=True)
class Acknowledged:
    """A write that the service said is kept; the time is this machine's monotonic one."""

    number: int
    at: float


class Writing:
    """What was acknowledged is known once the block has ended."""

    def __init__(self) -> None:
        self.acknowledged: list[Acknowledged] = []

    def lost(self, kept: Iterable[int]) -> list[int]:
        """Acknowledged and not kept: none, or the system lies."""
        there = set(kept)
        return [write.number for write in self.acknowledged if write.number not in there]

    def longest_pause_s(self) -> float:
        """Between two acknowledgements: how long clients could not write."""
        times = [write.at for write in self.acknowledged]
        return max((b - a for a, b in itertools.pairwise(times)), default=0.0)


@contextlib.contextmanager
def write_all_the_time(lab: LabDescription, port: int = STORE_PORT) -> Iterator[Writing]:
    """From the lab's client to the service address. Begins once the client runs."""
    program = [sys.executable, "-m", __name__, lab.service.address, str(port)]
    writing = Writing()
    with subprocess.Popen(
        [*lab.client.enter, *program],
        cwd=_PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as client:
        try:
            assert client.stdout is not None
            client.stdout.readline()  # it says when it has begun
            yield writing
            output, _ = client.communicate(timeout=_END_S)
        finally:
            client.kill()
    writing.acknowledged = [Acknowledged(number, at) for number, at in json.loads(output)]


def _write(address: str, port: int, until_ends: TextIO) -> list[tuple[int, float]]:
    """One number after the other. An unanswered one is never sent again: it may be kept or not."""
    acknowledged = []
    connection: socket.socket | None = None
    number = time.time_ns()  # no earlier writer's: a number that it left behind would hide a loss
    while not select.select([until_ends], [], [], _PAUSE_S)[0]:
        number += 1
        try:
            if connection is None:
                connection = socket.create_connection((address, port), timeout=_PATIENCE_S)
            sent = f"{number}\n".encode()
            connection.sendall(sent)
            if connection.recv(64) != sent:
                raise ConnectionError(f"no answer to {number}")
        except OSError:
            if connection is not None:
                connection.close()
                connection = None
        else:
            acknowledged.append((number, time.monotonic()))
    if connection is not None:
        connection.close()
    return acknowledged


if __name__ == "__main__":
    print("writing", flush=True)
    print(json.dumps(_write(sys.argv[1], int(sys.argv[2]), sys.stdin)))
