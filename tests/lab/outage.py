"""The client's side of a test: `measure_outage(lab)` connects to the service until the block ends.

As a program, `python -m tests.lab.outage URL` measures until its standard input ends and writes
the report as JSON; run on the lab's client by `description.client.enter`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from orchestrator.demo.outage import OutageClient, OutageReport, http_get
from tests.lab.interface import LabDescription

_PROJECT = Path(__file__).parents[2]
_END_S = 10.0


class OutageMeasurement:
    """The report is there once the block has ended."""

    def __init__(self) -> None:
        self._report: OutageReport | None = None

    @property
    def report(self) -> OutageReport:
        if self._report is None:
            raise RuntimeError("the measurement is still running")
        return self._report


@contextlib.contextmanager
def measure_outage(lab: LabDescription) -> Iterator[OutageMeasurement]:
    """Times in the report are by this machine's monotonic clock. Begins once the client runs."""
    program = [sys.executable, "-m", "tests.lab.outage", lab.service.url]
    measurement = OutageMeasurement()
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
            yield measurement
            output, _ = client.communicate(timeout=_END_S)
        finally:
            client.kill()
    measurement._report = OutageReport.from_json(json.loads(output))


async def _measure(url: str) -> OutageReport:
    parts = urlsplit(url)
    if parts.hostname is None:
        raise SystemExit(f"no host in {url!r}")
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(sys.stdin.fileno(), stop.set)  # nothing is ever sent: readable means ended
    for ending in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(ending, stop.set)
    connect = http_get(parts.hostname, parts.port or 80, parts.path or "/")
    print("measuring", flush=True)
    try:
        return await OutageClient(connect).run(stop)
    finally:
        loop.remove_reader(sys.stdin.fileno())


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_measure(sys.argv[1])).as_json()))
