"""What a connection and a request cost by themselves, beside a loop that only echoes."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import resource
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import asyncssh

from orchestrator.model import ServerName
from orchestrator.transport import Done, Request
from tests.bench.contenders import Failed, command_line, connected
from tests.bench.figures import Figure, figures
from tests.bench.pair import Pair, PairTransport, quoted, running_pair

ROUNDS = 10
REQUESTS = {"echo loop": 100, "ping": 100, "resource.check": 50}
BUDGET_S = 40.0
COMMANDS = {
    "hasys --help": ["--help"],
    "hasys completion bash": ["completion", "bash"],
    "hasys check": ["check"],
    "hasys status": ["status"],
}
CHECK = {
    "name": "site",
    "type": "command",
    "spec": {"start": "true", "stop": "true", "check": "exit 3"},
}
ECHO = """
import sys
for line in sys.stdin.buffer:
    sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()
"""

Ask = Callable[[], Awaitable[None]]


async def measure(folder: Path) -> list[Figure]:
    """In milliseconds; for commands, their processor time as well."""
    with running_pair(folder) as pair:
        async with contextlib.AsyncExitStack() as stack:
            asking = await _asking(pair, stack)
            connecting: dict[str, Ask] = {
                "asyncssh login": lambda: _log_in(pair),
                "login, helper, first answer": lambda: _first_answer(pair),
            }
            found = await _connections(connecting)
            found += await _requests(asking)
        if os.geteuid() == 0:
            found += await _commands(pair)
    return found


async def _log_in(pair: Pair) -> None:
    async with connected(pair, "a"):
        pass


async def _first_answer(pair: Pair) -> None:
    transport = PairTransport(pair)
    try:
        await _call(transport, "ping", {})
    finally:
        await transport.close()


async def _call(transport: PairTransport, op: str, args: dict[str, Any]) -> None:
    request = Request(op=op, args=args, deadline_s=10.0)
    reply = await transport.call(ServerName("a"), request)
    if not isinstance(reply, Done):
        raise Failed(f"{op}: {reply}")


async def _asking(pair: Pair, stack: contextlib.AsyncExitStack) -> dict[str, Ask]:
    connection = await stack.enter_async_context(connected(pair, "a"))
    loop: asyncssh.SSHClientProcess[bytes] = await connection.create_process(
        quoted(ECHO), encoding=None
    )
    transport = pair.transport()
    stack.push_async_callback(transport.close)

    async def echo() -> None:
        loop.stdin.write(json.dumps({"id": 1, "op": "ping"}).encode() + b"\n")
        if not await loop.stdout.readline():
            raise Failed("the echo loop has ended")

    return {
        "echo loop": echo,
        "ping": lambda: _call(transport, "ping", {}),
        "resource.check": lambda: _call(transport, "resource.check", CHECK),
    }


async def _connections(connecting: dict[str, Ask]) -> list[Figure]:
    samples: dict[str, list[float]] = {name: [] for name in connecting}
    for number in range(ROUNDS + 1):
        for name, ask in connecting.items():
            began = time.perf_counter()
            await ask()
            if number > 0:  # the first one imports and fills caches
                samples[name].append((time.perf_counter() - began) * 1000)
    return figures(samples, "ms", to=("asyncssh login",))


async def _requests(asking: dict[str, Ask]) -> list[Figure]:
    samples: dict[str, list[float]] = {name: [] for name in asking}
    for ask in asking.values():
        await ask()
    end = time.monotonic() + BUDGET_S / 2
    for _ in range(ROUNDS):
        for name, ask in asking.items():
            for _ in range(REQUESTS[name]):
                began = time.perf_counter()
                await ask()
                samples[name].append((time.perf_counter() - began) * 1000)
        if time.monotonic() > end:
            break
    return figures(samples, "ms", to=("echo loop",))


async def _commands(pair: Pair) -> list[Figure]:
    """Commands as people type them; the first row is Python alone."""
    whole = command_line(pair)
    start = whole.argv[: whole.argv.index("play")]
    argvs = {"python": [start[0], "-c", "pass"]}
    argvs |= {name: [*start, *words] for name, words in COMMANDS.items()}
    wall: dict[str, list[float]] = {name: [] for name in argvs}
    spent: dict[str, list[float]] = {f"{name}: processor time": [] for name in argvs}
    for _ in range(ROUNDS // 2):
        for name, argv in argvs.items():
            before = time.perf_counter(), _children()
            with contextlib.suppress(Failed):  # `status` ends with 5 when a group is not up
                await dataclasses.replace(whole, argv=argv).run()
            wall[name].append((time.perf_counter() - before[0]) * 1000)
            spent[f"{name}: processor time"].append((_children() - before[1]) * 1000)
    return figures(wall, "ms") + figures(spent, "ms")


def _children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
