"""Who carries out the failover, and how: each is made ready once and then timed many times."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Protocol

import asyncssh

from orchestrator.decision.movement import plan_play
from orchestrator.playbooks import library
from orchestrator.runtime.application import Application, opened
from orchestrator.runtime.operate import carry_out
from orchestrator.runtime.order import Caller, Order
from orchestrator.store.journal import RunState
from orchestrator.transport.connection import CIPHERS
from tests.bench.pair import GROUP, NAMES, Pair, PairTransport, quoted
from tests.bench.steps import Failover

PROJECT = Path(__file__).parents[2]
RESOURCES = {
    "service": {"process": "no-such-service-of-the-benchmark", "start": "/bin/true"},
}
"""What the group is about; the playbook's own steps do not touch it."""


class Failed(RuntimeError):
    """A contender did not do its work; the text has what it said."""


class Contender(Protocol):
    name: str
    failover: Failover

    async def run(self) -> None:
        """All twelve steps. Raises Failed when one did not succeed."""
        ...


FLOOR_PROGRAM = """
import json, subprocess, sys
for line in sys.stdin:
    request = json.loads(line)
    done = subprocess.run(
        ["/bin/sh", "-c", request["shell"]],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    answer = {"id": request["id"], "rc": done.returncode, "stdout": done.stdout.decode()}
    print(json.dumps(answer), flush=True)
"""


@dataclasses.dataclass
class Floor:
    """As little as can be done: a loop on each server, a line a step, nothing kept, no deadline.

    Each step has a session of its own, as without one nobody could end it; on a busy machine that
    counts, because Linux shares out the processors by session (sched_autogroup).
    """

    name: str
    failover: Failover
    loops: Mapping[str, asyncssh.SSHClientProcess[bytes]]

    async def run(self) -> None:
        for number, step in enumerate(self.failover.steps):
            loop = self.loops[step.server]
            loop.stdin.write(json.dumps({"id": number, "shell": step.line}).encode() + b"\n")
            answer = json.loads(await loop.stdout.readline())
            if answer["rc"] != 0:
                raise Failed(f"floor: {step.line}: {answer}")


@contextlib.asynccontextmanager
async def floor(pair: Pair) -> AsyncIterator[Floor]:
    async with contextlib.AsyncExitStack() as stack:
        loops = {}
        for name in NAMES:
            connection = await stack.enter_async_context(connected(pair, name))
            loops[name] = await connection.create_process(quoted(FLOOR_PROGRAM), encoding=None)
        yield Floor("floor", Failover(pair.folder / "of-floor"), loops)


def connected(pair: Pair, name: str) -> asyncssh.SSHClientConnection:
    """As the product connects, by asyncssh alone."""
    login = pair.server(name).login
    return asyncssh.connect(
        login.address,
        login.port,
        username=login.user,
        client_keys=[str(login.key_file)],
        agent_path=None,
        known_hosts=str(login.known_hosts),
        config=None,
        encryption_algs=list(CIPHERS),
    )


class WarmApplication(Application):
    """One whose connections outlive the operation, as in a process that keeps running."""

    def __init__(self, application: Application, transport: PairTransport) -> None:
        for field in dataclasses.fields(Application):
            object.__setattr__(self, field.name, getattr(application, field.name))
        object.__setattr__(self, "transport", transport)

    @contextlib.asynccontextmanager
    async def reach(self, _group: object) -> AsyncIterator[PairTransport]:  # type: ignore[override]
        yield self.transport  # type: ignore[attr-defined]


@dataclasses.dataclass
class Hasys:
    """The whole operation: lock, poll, epoch on both, charter, journal, events; all on disk."""

    name: str
    failover: Failover
    application: Application
    order: Order

    async def run(self) -> None:
        caller = Caller(report=lambda _progress: None, may_stop=lambda _run: None)
        result = await carry_out(self.application, self.order, caller)
        if isinstance(result, tuple) or result.state is not RunState.DONE:
            raise Failed(f"hasys: {result}")


@contextlib.asynccontextmanager
async def hasys(pair: Pair) -> AsyncIterator[Hasys]:
    failover = Failover(pair.folder / "of-hasys")
    pair.write_inventory(RESOURCES)
    playbook = failover.write_playbook(pair.folder / "hasys.yaml")
    transport = PairTransport(pair)
    try:
        async with opened(pair.inventory, pair.folder / "controller") as application:
            order = Order(
                group=application.group(GROUP),
                playbook=library.read(str(playbook), pair.inventory),
                wish=plan_play,
                by="bench",
            )
            yield Hasys("hasys", failover, WarmApplication(application, transport), order)
    finally:
        await transport.close()


@dataclasses.dataclass
class Program:
    """One process does it all."""

    name: str
    failover: Failover
    argv: list[str]
    environment: Mapping[str, str]

    async def run(self) -> None:
        await program(self.argv, self.environment)


def command_line(pair: Pair) -> Program:
    """`hasys play` as a person types it: start of Python, connections, all of it."""
    failover = Failover(pair.folder / "of-command-line")
    pair.write_inventory(RESOURCES)
    playbook = failover.write_playbook(pair.folder / "command-line.yaml")
    where = ["-i", str(pair.inventory), "--state", str(pair.folder / "command-line-state")]
    argv = [sys.executable, "-m", "orchestrator", *where, "play", GROUP, str(playbook)]
    return Program("hasys command line", failover, argv, {"PYTHONPATH": str(PROJECT)})


def ansible(pair: Pair, executable: Path) -> Program:
    """Tuned as its manual says: pipelining, no facts, connections kept between runs."""
    failover = Failover(pair.folder / "of-ansible")
    pair.write_inventory(RESOURCES)
    playbook = failover.write_playbook(pair.folder / "ansible.yaml")
    empty = pair.folder / "ansible.cfg"
    empty.write_text("")
    settings = {
        "ANSIBLE_CONFIG": str(empty),
        "ANSIBLE_HOME": str(pair.folder / "ansible-home"),
        "ANSIBLE_PIPELINING": "true",
        "ANSIBLE_SSH_ARGS": "-F none -o ControlMaster=auto -o ControlPersist=30s",
        "ANSIBLE_SSH_CONTROL_PATH_DIR": str(pair.folder / "cp"),
        "LC_ALL": "C.UTF-8",
    }
    argv = [str(executable), "-i", str(pair.inventory / "hosts.yaml"), str(playbook)]
    return Program("ansible-playbook", failover, argv, settings)


def pyinfra(pair: Pair, executable: Path) -> Program:
    """Its own words for the same steps; `shell` is done each time, without a look before it."""
    failover = Failover(pair.folder / "of-pyinfra")
    hosts = [
        (
            name,
            {
                "ssh_hostname": "127.0.0.1",
                "ssh_port": sshd.port,
                "ssh_user": sshd.user,
                "ssh_key": str(sshd.key),
                "ssh_known_hosts_file": str(sshd.known_hosts),
            },
        )
        for name, sshd in pair.sshd.items()
    ]
    inventory, deploy = pair.folder / "pyinfra_hosts.py", pair.folder / "pyinfra_deploy.py"
    inventory.write_text(f"hosts = {hosts!r}\n")
    steps = [(step.server, step.name, step.line) for step in failover.steps]
    deploy.write_text(
        "from pyinfra import host\nfrom pyinfra.operations import server\n"
        f"for name, title, line in {steps!r}:\n"
        "    if host.name == name:\n        server.shell(name=title, commands=[line])\n"
    )
    return Program("pyinfra", failover, [str(executable), "-y", str(inventory), str(deploy)], {})


@dataclasses.dataclass
class Ssh:
    """OpenSSH's client once a step, over connections that are open already."""

    name: str
    failover: Failover
    commands: Mapping[str, list[str]]

    async def run(self) -> None:
        for step in self.failover.steps:
            await program([*self.commands[step.server], step.line], {})


@contextlib.asynccontextmanager
async def ssh(pair: Pair) -> AsyncIterator[Ssh]:
    commands = {name: ["ssh", *pair.ssh_options(name), "127.0.0.1"] for name in NAMES}
    try:
        for name in NAMES:
            await program(["ssh", *pair.ssh_options(name), "-MNf", "127.0.0.1"], {})
        yield Ssh("ssh", Failover(pair.folder / "of-ssh"), commands)
    finally:
        for name in NAMES:
            with contextlib.suppress(Failed):
                await program(["ssh", *pair.ssh_options(name), "-O", "exit", "127.0.0.1"], {})


async def program(argv: list[str], environment: Mapping[str, str]) -> None:
    """To its end, without a terminal. Its output goes to a file: who stays behind holds no pipe."""
    with tempfile.TemporaryFile() as said:
        process = await asyncio.create_subprocess_exec(
            *argv,
            env={**os.environ, **environment},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=said,
            stderr=said,
        )
        if await process.wait() != 0:
            said.seek(0)
            text = said.read().decode(errors="replace")[-2000:]
            raise Failed(f"{' '.join(argv)} ended with {process.returncode}: {text}")
