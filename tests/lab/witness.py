"""Who held the service address and who ran the service, at every moment: evidence for "never both".

One sampler runs on each server, as a process of it: it sees what the server's kernel sees, dies
with it and stands still with it, so a server that is off or frozen has no samples. Stamps come
from the wall clock, which all servers share with this machine, and are told in this machine's
monotonic time.
"""

from __future__ import annotations

import contextlib
import dataclasses
import enum
import itertools
import math
import subprocess
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Self
from urllib.parse import urlsplit

from tests.lab.interface import LabDescription, LabServer

RATE_HZ = 50
_KNOWN_FOR_S = 0.5
"""What was seen twice is taken to hold in between where the samples are no further apart: long
enough for a busy machine, so that load hides no overlap; shorter than any lease, so that a server
which was frozen while the other took over had nothing meanwhile."""
_RETRY_S = 0.02

# Whole tables, searched by C: it looks fifty times a second on machines that are tested meanwhile.
_SAMPLER = r"""
import re, sys, time
address, port, pause = sys.argv[1], b"%04X" % int(sys.argv[2]), 1 / float(sys.argv[3])
local = re.compile(rb"\|-- %s\n\s+/32 host LOCAL" % re.escape(address.encode()))
listens = re.compile(rb":%s (00000000:0000|0{32}:0000) 0A " % port)
def found(pattern, *tables):
    for table in tables:
        try:
            with open(table, "rb") as file:
                if pattern.search(file.read()):
                    return 1
        except OSError:
            pass
    return 0
leads = re.compile(rb"ro:Primary/")
due = time.monotonic()
while True:
    holds = found(local, "/proc/net/fib_trie")
    serves = found(listens, "/proc/net/tcp", "/proc/net/tcp6")
    print("%.6f" % time.time(), holds, serves, found(leads, "/proc/drbd"), flush=True)
    due = max(due + pause, time.monotonic())
    time.sleep(max(0, due - time.monotonic()))
"""


class Thing(enum.Enum):
    """What only one server may have at a time."""

    ADDRESS = "address"
    SERVICE = "service"
    DATA = "right to write the data (DRBD primary)"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Sample:
    server: str
    at: float
    has: frozenset[Thing]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Span:
    began: float
    ended: float

    @property
    def seconds(self) -> float:
        return self.ended - self.began


class Timeline:
    """What was seen, and what follows from it."""

    def __init__(self, samples: Iterable[Sample] = ()) -> None:
        self.samples = list(samples)

    def of(self, server: str) -> list[Sample]:
        return sorted((s for s in self.samples if s.server == server), key=lambda s: s.at)

    def spans(self, server: str, thing: Thing) -> list[Span]:
        """When that server had it. No longer than was seen; ended where nothing was seen."""
        spans: list[Span] = []
        before: float | None = None
        for sample in self.of(server):
            if thing not in sample.has:
                before = None
                continue
            if before is not None and sample.at - before <= _KNOWN_FOR_S:
                spans[-1] = dataclasses.replace(spans[-1], ended=sample.at)
            else:
                spans.append(Span(began=sample.at, ended=sample.at))
            before = sample.at
        return spans

    def largest_gap_s(self, server: str) -> float:
        """How long nothing was seen of it at most: off, frozen, or this witness too slow."""
        seen = [sample.at for sample in self.of(server)]
        gaps = (later - earlier for earlier, later in itertools.pairwise(seen))
        return max(gaps, default=math.inf)

    def both(self, thing: Thing) -> list[Span]:
        """When two servers had it at the same time."""
        servers = sorted({sample.server for sample in self.samples})
        found = []
        for index, first in enumerate(servers):
            for second in servers[index + 1 :]:
                found += _intersections(self.spans(first, thing), self.spans(second, thing))
        return found

    def assert_never_both(self, *things: Thing) -> None:
        for thing in things or Thing:
            if both := self.both(thing):
                longest = max(span.seconds for span in both)
                raise AssertionError(
                    f"two servers had the {thing.value} at once, {len(both)} times, "
                    f"at most {longest:.3f} s: {both}"
                )


class Witness:
    """Samples both servers while its block runs, over reboots and power cuts."""

    def __init__(self, lab: LabDescription) -> None:
        self._lab = lab
        self._ending = threading.Event()
        self._samples: list[Sample] = []
        self._threads: list[threading.Thread] = []
        self._samplers: dict[str, subprocess.Popen[str]] = {}

    def __enter__(self) -> Self:
        """Returns when both servers were seen, or one of them is off."""
        for server in self._lab.servers:
            thread = threading.Thread(target=self._watch, args=[server], daemon=True)
            thread.start()
            self._threads.append(thread)
        until = time.monotonic() + 3
        names = {server.name for server in self._lab.servers}
        while {sample.server for sample in tuple(self._samples)} != names:
            if time.monotonic() > until:
                break
            time.sleep(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        for sampler in tuple(self._samplers.values()):
            sampler.kill()  # the one on the server ends when nobody reads what it writes
        for thread in self._threads:
            thread.join(timeout=5)

    @property
    def timeline(self) -> Timeline:
        return Timeline(tuple(self._samples))

    def _watch(self, server: LabServer) -> None:
        while not self._ending.is_set():
            with self._sampler(server) as sampler:
                assert sampler.stdout is not None
                for line in sampler.stdout:
                    if self._ending.is_set():
                        return
                    self._take(server.name, line)
            self._ending.wait(_RETRY_S)

    @contextlib.contextmanager
    def _sampler(self, server: LabServer) -> Iterator[subprocess.Popen[str]]:
        service = urlsplit(self._lab.service.url)
        arguments = [self._lab.service.address, str(service.port or 80), str(RATE_HZ)]
        with subprocess.Popen(
            [*server.enter, "python3", "-c", _SAMPLER, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as sampler:
            self._samplers[server.name] = sampler
            try:
                yield sampler
            finally:
                sampler.kill()

    def _take(self, server: str, line: str) -> None:
        fields = line.split()
        whole = len(fields) == 1 + len(Thing) and line.endswith("\n")
        if not whole:  # cut short with the server's power
            return
        stamp = float(fields[0]) - time.time() + time.monotonic()
        flags = zip(Thing, fields[1:], strict=True)
        has = frozenset(thing for thing, flag in flags if flag == "1")
        self._samples.append(Sample(server=server, at=stamp, has=has))


def _intersections(first: Sequence[Span], second: Sequence[Span]) -> list[Span]:
    found = []
    for one in first:
        for other in second:
            began, ended = max(one.began, other.began), min(one.ended, other.ended)
            if began <= ended:
                found.append(Span(began=began, ended=ended))
    return found
