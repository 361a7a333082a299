"""What a guard with a running lease costs its server, beside a Python that only wakes as often."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path

from tests.bench.figures import Figure, figures
from tests.guarding.conductor import Conductor
from tests.lab import addresses, provided
from tests.lab.namespaces.lab import NamespacesLab

WINDOWS = 5
WINDOW_S = 6.0
WAKES = "import time\nwhile True: time.sleep(0.12)"
"""About as often as a guard with a lease of 3 s and a controller that listens."""


async def measure(_folder: Path) -> list[Figure]:
    """In percent of one core, and in megabytes."""
    if os.geteuid() != 0:
        print("bench: guard needs root and the namespaces lab: left out", file=sys.stderr)
        return []
    with provided.lab("namespaces") as lab:
        assert isinstance(lab, NamespacesLab)
        conductor = Conductor(lab)
        try:
            return await _beside_the_floor(conductor)
        finally:
            await conductor.close()


async def _beside_the_floor(conductor: Conductor) -> list[Figure]:
    active, standby = addresses.SERVERS
    await conductor.start_both()
    await conductor.start_service(await conductor.reign_on(active, 1))
    lab = conductor.lab
    lab.run(active, ["systemd-run", "--unit=floor", "python3", "-I", "-S", "-c", WAKES])
    floor = lab.run(active, ["systemctl", "show", "--property=MainPID", "--value", "floor"])
    processes = {
        "floor": (active, int(floor)),
        "guard, active": (active, conductor.guard_pid(active)),
        "guard, standby": (standby, conductor.guard_pid(standby)),
    }
    shares: dict[str, list[float]] = {name: [] for name in processes}
    for _ in range(WINDOWS):
        before = {name: _spent_s(lab, *where) for name, where in processes.items()}
        began = time.monotonic()
        await asyncio.sleep(WINDOW_S)
        took_s = time.monotonic() - began
        for name, where in processes.items():
            spent_s = _spent_s(lab, *where) - before[name]
            shares[name].append(100.0 * spent_s / took_s)
    resident = {name: [_kept_mb(lab, "VmRSS", *where)] for name, where in processes.items()}
    own = {name: [_kept_mb(lab, "RssAnon", *where)] for name, where in processes.items()}
    return [
        *figures(shares, "% of a core", to=("floor",)),
        *figures(resident, "MB resident", to=("floor",)),
        *figures(own, "MB of its own", to=("floor",)),
    ]


def _spent_s(lab: NamespacesLab, server: str, pid: int) -> float:
    """All its threads; the kernel counts in nanoseconds."""
    shown = lab.run(server, ["sh", "-c", f"cat /proc/{pid}/task/*/schedstat"])
    return sum(int(line.split()[0]) for line in shown.splitlines()) / 1e9


def _kept_mb(lab: NamespacesLab, what: str, server: str, pid: int) -> float:
    shown = lab.run(server, ["cat", f"/proc/{pid}/status"])
    (line,) = (line for line in shown.splitlines() if line.startswith(what + ":"))
    return int(line.split()[1]) / 1024
