"""What one look at a server costs both sides: the helper, and programs started for each look.

The programs do less than the helper does (no deadlines, no record, no facts but load and memory):
what they cost is the start, again for every look.
"""

from __future__ import annotations

import contextlib
import resource
import shlex
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from orchestrator.clock import SystemClock
from orchestrator.config.load import load
from orchestrator.model import ServerName, Unknown
from orchestrator.probes.collect import look
from tests.bench import processor_time
from tests.bench.contenders import Failed, connected
from tests.bench.figures import Figure, figures
from tests.bench.pair import GROUP, Pair, quoted, running_pair
from tests.bench.processor_time import ProcessorTime

ROUNDS = 5
LOOKS = {"poll by the helper": 100, "exec of sh": 15, "exec of python3": 8}
BUDGET_S = 30.0
RESOURCES = {
    "data": {"mount": "/srv/of-the-benchmark", "device": "/dev/no-such", "fstype": "ext4"},
    "database": {
        "process": "no-such-database-of-the-benchmark",
        "start": "/bin/true",
        "after": ["data"],
    },
    "site": {
        "process": "no-such-site-of-the-benchmark",
        "start": "/bin/true",
        "after": ["database"],
    },
    "address": {"ip": "192.0.2.70/32", "network": "public", "after": ["site"]},
}
NETWORKS = {"public": {"interface": "lo"}}
PYTHON = """
import os, re
for name in ("loadavg", "meminfo", "uptime", "mounts"):
    open("/proc/" + name).read()
for process in filter(str.isdigit, os.listdir("/proc")):
    try:
        re.search(b"no-such", open("/proc/" + process + "/cmdline", "rb").read())
    except OSError:
        pass
print("{}")
"""
SHELL = """
for name in loadavg meminfo uptime mounts; do
    while read -r line; do :; done < /proc/$name
done
for process in /proc/[0-9]*; do
    read -r line < $process/stat
done 2> /dev/null
echo {}
"""

Look = Callable[[], Awaitable[None]]


async def measure(folder: Path) -> list[Figure]:
    """In milliseconds of processor time a look, on the controller and on the server."""
    with processor_time.group() as remote, running_pair(folder) as pair:
        if remote is not None:
            remote.add(pair.sshd["a"].process.pid)
        async with contextlib.AsyncExitStack() as stack:
            looks = await _looks(pair, stack)
            return await _by_turns(looks, remote)


async def _looks(pair: Pair, stack: contextlib.AsyncExitStack) -> dict[str, Look]:
    pair.write_inventory(RESOURCES, NETWORKS)
    group = load(pair.inventory).group(GROUP)
    transport = pair.transport()
    stack.push_async_callback(transport.close)
    clock = SystemClock()
    connection = await stack.enter_async_context(connected(pair, "a"))

    async def by_helper() -> None:
        view = await look(group, ServerName("a"), transport, clock)
        if isinstance(view.reach, Unknown) or len(view.resources) != len(RESOURCES):
            raise Failed(f"poll: {view}")

    def by_program(command: str) -> Look:
        async def ask() -> None:
            done = await connection.run(command, encoding=None)
            if done.stdout != b"{}\n":
                raise Failed(f"{command}: {done}")

        return ask

    return {
        "poll by the helper": by_helper,
        "exec of sh": by_program(f"exec /bin/sh -c {shlex.quote(SHELL)}"),
        "exec of python3": by_program(quoted(PYTHON)),
    }


async def _by_turns(looks: dict[str, Look], remote: ProcessorTime | None) -> list[Figure]:
    wall: dict[str, list[float]] = {f"{name}: takes": [] for name in looks}
    here: dict[str, list[float]] = {f"{name}: controller": [] for name in looks}
    there: dict[str, list[float]] = {f"{name}: server": [] for name in looks}
    for ask in looks.values():
        await ask()
    end = time.monotonic() + BUDGET_S
    for number in range(ROUNDS):
        if number > 0 and time.monotonic() > end:
            break
        for name, ask in looks.items():
            count = LOOKS[name]
            before = time.perf_counter(), _own(), remote.seconds() if remote else 0.0
            for _ in range(count):
                await ask()
            after = time.perf_counter(), _own(), remote.seconds() if remote else 0.0
            spent = [(new - old) * 1000 / count for new, old in zip(after, before, strict=True)]
            wall[f"{name}: takes"].append(spent[0])
            here[f"{name}: controller"].append(spent[1])
            there[f"{name}: server"].append(spent[2])
    found = figures(wall, "ms", to=("poll by the helper: takes",))
    found += figures(here, "ms processor time", to=("poll by the helper: controller",))
    if remote is not None:
        found += figures(there, "ms processor time", to=("poll by the helper: server",))
    return found


def _own() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
