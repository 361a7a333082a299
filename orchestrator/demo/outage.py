"""What clients feel of a failover: a new connection every few milliseconds, each with a deadline.

An outage is a time in which new connections fail: it begins when the first connection that failed
was begun, and ends when the next one that succeeded was begun. Connections overlap (one is begun
every 10 ms and may take 200 ms), so this is exact to one interval and does not depend on the
deadline.
"""

import asyncio
import contextlib
import dataclasses
import itertools
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from orchestrator.clock import Clock, SystemClock
from orchestrator.model.moment import Monotonic

INTERVAL_S = 0.010
DEADLINE_S = 0.200

Connect = Callable[[], Awaitable[str]]
"""One new connection: what was answered, or an OSError or ValueError that says what went wrong."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """One connection of the client; `begun` by the clock of the measuring machine."""

    begun: float
    answer: str | None
    """None: failed, or not in time."""
    failure: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """`ended` is None where the measurement ended first; `until` is then its end."""

    began: float
    ended: float | None
    until: float
    failures: int

    @property
    def seconds(self) -> float:
        return self.until - self.began


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class OutageReport:
    connections: int
    failed: int
    outages: tuple[Outage, ...]
    largest_gap_s: float
    """Longest time without a new connection: a client that stalls itself would hide outages."""
    answers: dict[str, int]
    """How many connections got which answer: with a service that names its host, who served."""

    @property
    def total_s(self) -> float:
        return sum(outage.seconds for outage in self.outages)

    @property
    def longest_s(self) -> float:
        return max((outage.seconds for outage in self.outages), default=0.0)

    def line(self) -> str:
        """The demo's last line."""
        return f"client outage: {self.total_s:.2f} s"

    def as_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self) | {"total_s": self.total_s, "longest_s": self.longest_s}

    @classmethod
    def from_json(cls, read: dict[str, Any]) -> "OutageReport":
        """What `as_json` wrote."""
        return cls(
            connections=read["connections"],
            failed=read["failed"],
            outages=tuple(Outage(**outage) for outage in read["outages"]),
            largest_gap_s=read["largest_gap_s"],
            answers=read["answers"],
        )


class OutageClient:
    """Measures until told to stop; `report` may be asked for at any time."""

    def __init__(
        self,
        connect: Connect,
        *,
        interval_s: float = INTERVAL_S,
        deadline_s: float = DEADLINE_S,
        clock: Clock | None = None,
    ) -> None:
        self._connect = connect
        self._interval_s = interval_s
        self._deadline_s = deadline_s
        self._clock = clock or SystemClock()
        self._finished: list[Connection] = []

    async def run(self, stop: asyncio.Event) -> OutageReport:
        """Connections that are under way when it stops are waited for."""
        under_way: set[asyncio.Task[None]] = set()
        due = self._clock.monotonic()
        while not stop.is_set():
            task = asyncio.create_task(self._one())
            under_way.add(task)
            task.add_done_callback(under_way.discard)
            now = self._clock.monotonic()
            # after a stall of this client the schedule starts anew: no burst makes up for it
            due = Monotonic(max(due + self._interval_s, now))
            await self._clock.sleep(due - now)
        await asyncio.gather(*under_way)
        return self.report()

    def report(self) -> OutageReport:
        return summarise(self._finished, self._interval_s)

    async def _one(self) -> None:
        begun = self._clock.monotonic()
        answer, failure = None, ""
        try:
            async with asyncio.timeout(self._deadline_s):
                answer = await self._connect()
        except TimeoutError:
            failure = "no answer in time"
        except (OSError, ValueError, EOFError) as error:
            failure = str(error) or type(error).__name__
        self._finished.append(Connection(begun=begun, answer=answer, failure=failure))


def summarise(connections: Iterable[Connection], interval_s: float = INTERVAL_S) -> OutageReport:
    """Connections may come in any order."""
    ordered = sorted(connections, key=lambda connection: connection.begun)
    gaps = (later.begun - earlier.begun for earlier, later in itertools.pairwise(ordered))
    answers: dict[str, int] = {}
    for connection in ordered:
        if connection.answer is not None:
            answers[connection.answer] = answers.get(connection.answer, 0) + 1
    return OutageReport(
        connections=len(ordered),
        failed=sum(connection.answer is None for connection in ordered),
        outages=tuple(_outages(ordered, interval_s)),
        largest_gap_s=max(gaps, default=0.0),
        answers=answers,
    )


def _outages(ordered: list[Connection], interval_s: float) -> Iterable[Outage]:
    began: float | None = None
    failures = 0
    for connection in ordered:
        if connection.answer is None:
            began = connection.begun if began is None else began
            failures += 1
        elif began is not None:
            ended = connection.begun
            yield Outage(began=began, ended=ended, until=ended, failures=failures)
            began, failures = None, 0
    if began is not None:
        until = ordered[-1].begun + interval_s
        yield Outage(began=began, ended=None, until=until, failures=failures)


def http_get(host: str, port: int, path: str = "/") -> Connect:
    """One GET on a new connection; the answer is the body, and anything but 200 a failure."""
    request = f"GET {path} HTTP/1.0\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()

    async def connect() -> str:
        reader, writer = await asyncio.open_connection(host, port)
        try:
            writer.write(request)
            reply = await reader.read(65536)
            while more := await reader.read(65536):
                reply += more
        finally:
            # a reset, not an orderly end: thousands of these must not use up the client's ports
            writer.transport.abort()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
        head, _, body = reply.partition(b"\r\n\r\n")
        status = head.split(maxsplit=2)[1:2]
        if status != [b"200"]:
            raise ValueError(f"HTTP status {status[0].decode() if status else 'missing'}")
        return body.decode(errors="replace").strip()

    return connect
