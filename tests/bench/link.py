"""The same twelve steps over a link with 60 ms round-trip time: what each round trip costs.

Between the contenders and each sshd stands a program that passes on every byte 30 ms later, in a
process of its own. The floor is a loop that is asked one step after the other; that is as good as
one can be who has to know how a step ended before the next one begins.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from orchestrator.model import Login
from tests.bench import contenders
from tests.bench.contenders import Contender
from tests.bench.failover import by_turns
from tests.bench.figures import Figure, figures
from tests.bench.pair import Pair, running_pair
from tests.support.peers import ANSIBLE, PYINFRA
from tests.transport.sshd import Sshd, free_port

ONE_WAY_S = 0.03
CHUNK = 65536


async def measure(folder: Path) -> list[Figure]:
    """In milliseconds, with the open connections that a process which keeps running has."""
    ansible, pyinfra = ANSIBLE.ready(), PYINFRA.ready()
    with running_pair(folder) as near, far(near) as pair:
        async with contenders.floor(pair) as floor, contenders.hasys(pair) as hasys:
            quick: list[Contender] = [floor, hasys]
            slow: list[Contender] = []
            if os.geteuid() == 0:
                slow.append(contenders.command_line(pair))
            if ansible is not None:
                slow.append(contenders.ansible(pair, ansible))
            if pyinfra is not None:
                slow.append(contenders.pyinfra(pair, pyinfra))
            took, _ = await by_turns(quick, slow)
    return figures(took, "ms", to=("floor", "ansible-playbook", "pyinfra"))


@dataclasses.dataclass
class Far:
    """A server as it is seen from the other end of the link."""

    near: Sshd
    port: int
    known_hosts: Path

    def __post_init__(self) -> None:
        self.user, self.key = self.near.user, self.near.key
        public = self.near.host_key.with_suffix(".pub").read_text()
        self.known_hosts.write_text(f"[127.0.0.1]:{self.port} {public}")

    def login(self) -> Login:
        return self.near.login(port=self.port, known_hosts=self.known_hosts)


@contextlib.contextmanager
def far(near: Pair) -> Iterator[Pair]:
    with contextlib.ExitStack() as stack:
        servers = {}
        for name, sshd in near.sshd.items():
            server = Far(near=sshd, port=free_port(), known_hosts=near.folder / f"known-{name}")
            words = [sys.executable, "-m", "tests.bench.link", str(server.port), str(sshd.port)]
            process = stack.enter_context(subprocess.Popen(words, stdout=subprocess.PIPE))
            stack.callback(process.kill)
            assert process.stdout is not None
            process.stdout.readline()  # it listens
            servers[name] = server
        yield dataclasses.replace(near, sshd=servers)  # type: ignore[arg-type]


async def _serve(port: int, to: int) -> None:
    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(2 * ONE_WAY_S)  # the handshake of TCP
        there = await asyncio.open_connection("127.0.0.1", to)
        async with asyncio.TaskGroup() as ways:
            ways.create_task(_pass_on(reader, there[1]))
            ways.create_task(_pass_on(there[0], writer))

    server = await asyncio.start_server(accept, "127.0.0.1", port)
    print("listening", flush=True)
    async with server:
        await server.serve_forever()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Delayed, not throttled: what follows at once arrives at once, so much later."""
    under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def arrive() -> None:
        while True:
            due, data = await under_way.get()
            await asyncio.sleep(max(due - time.monotonic(), 0))
            if not data:
                break
            writer.write(data)
        writer.close()

    arriving = asyncio.create_task(arrive())
    with contextlib.suppress(OSError):
        while data := await reader.read(CHUNK):
            under_way.put_nowait((time.monotonic() + ONE_WAY_S, data))
    under_way.put_nowait((time.monotonic() + ONE_WAY_S, b""))
    with contextlib.suppress(OSError):
        await arriving


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), int(sys.argv[2])))
