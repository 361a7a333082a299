"""`python -m tests.bench [NAME]...`: the benchmarks of those names, or all that take minutes."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib
import os
import sys
import tempfile
from pathlib import Path

from tests.bench.figures import publish
from tests.transport.sshd import SSHD

AHEAD = -15
"""Root may go before the machine's other work: all contenders alike."""
USUAL = ("failover", "link", "poll", "latency", "switchover", "guard")
NAMES = (*USUAL, "outages")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", choices=(*NAMES, []), metavar="NAME", default=[])
    names = parser.parse_args().names or USUAL
    if SSHD is None:
        print("bench: openssh-server is not installed: make prepare", file=sys.stderr)
        return 1
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, AHEAD)  # what is started from here inherits it
    for name in names:
        bench = importlib.import_module(f"tests.bench.{name}")
        with tempfile.TemporaryDirectory(prefix="hasys-bench-") as folder:
            if rows := asyncio.run(bench.measure(Path(folder))):
                publish(name, rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
