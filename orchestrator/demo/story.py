"""What the demo shows: the real commands and what they say, with a few words between them.

Called by the stage when the servers are up. Every line with a `$` is what a person would type.
"""

import asyncio
import shlex
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path

from orchestrator.demo import network
from orchestrator.demo.inventory import GROUP
from orchestrator.demo.levels import Level
from orchestrator.demo.member import DemoFailed, Member
from orchestrator.demo.outage import OutageReport
from orchestrator.demo.servers import Servers
from orchestrator.demo.terminal import explain, prompt, show

COMMAND_S = 60.0
AFTERWARDS_S = 0.5
"""The client measures on after the switchover: whether the service stays is part of the result."""

_REAL = {
    Level.ROOT: "Two servers are up: namespaces of this machine's kernel, each with its own "
    "network cards, processes, host name and directories, and an SSH server: {ssh}. This machine's "
    "own network is not touched.",
    Level.USER: "Two servers are up: namespaces made without root, each with its own network "
    "cards, processes, host name and directories, and an SSH server: {ssh}. This machine's own "
    "network is not touched.",
    Level.LOOPBACK: "Two servers are up: SSH servers ({ssh}) at 127.0.0.1 and 127.0.0.2. Real: "
    "SSH, the helpers, the service's processes. NOT real: both servers are this machine, so they "
    "share its network, its processes and its files, and the service's address does not move.",
}


class Story:
    """One telling, in `folder`, where the inventory is."""

    def __init__(self, level: Level, folder: Path, environment: Mapping[str, str]) -> None:
        self._level = level
        self._folder = folder
        self._environment = environment

    async def begin(self, servers: Servers) -> None:
        explain(_REAL[self._level].format(ssh=servers.ssh))
        for name, reached in servers.reached.items():
            show(f"    {name}  root@{reached.address}  port {reached.port}")
        explain("This file says what shall run on one of them:")
        prompt("cat inventory/groups/demo.yaml")
        show(_indented(servers.group_file.read_text()))
        explain(
            "Start the service. Nothing is installed on the servers: the helper goes through SSH."
        )
        await self.hasys("start", GROUP)
        await self.hasys("status", GROUP)

    async def move(self, client: Member, service: tuple[str, int]) -> OutageReport:
        explain(
            f"A client opens a new connection to {service[0]}:{service[1]} every 10 ms, each with "
            "a deadline of 200 ms. Meanwhile the service moves to the other server:"
        )
        await self.hasys("switchover", GROUP)
        await asyncio.sleep(AFTERWARDS_S)
        await client.tell(stop=True)
        report = OutageReport.from_json((await client.hear())["report"])
        await self.hasys("status", GROUP)
        return report

    def end(self, report: OutageReport, *, keeps: bool) -> None:
        served = ", ".join(f"{name} {count}" for name, count in report.answers.items())
        explain(
            f"The client made {report.connections} connections and {report.failed} of them failed. "
            f"Who answered: {served}."
        )
        explain("To look further:")
        if not keeps:
            show("    hasys demo --keep         the same, and the servers stay for you")
        show("    hasys init ./inventory    a commented example for servers of your own")
        show("    hasys --help              all commands; each has examples with -h")
        show()

    async def hasys(self, *arguments: str) -> None:
        """Shows the command and runs it; anything but success ends the demo."""
        shown = ["hasys", "-i", "inventory", "--state", "state", *arguments]
        prompt(shlex.join(shown))
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "orchestrator", *shown[1:]),
            cwd=self._folder,
            env=dict(self._environment),
            stdin=asyncio.subprocess.DEVNULL,
        )
        try:
            async with asyncio.timeout(COMMAND_S):
                code = await process.wait()
        except TimeoutError:
            raise DemoFailed(f"{shlex.join(shown)} did not end within {COMMAND_S:g} s") from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if code != 0:
            show()  # raises where nobody reads on: then that is why the command failed
            raise DemoFailed(f"{shlex.join(shown)} ended with {code}, not 0")


def judge(report: OutageReport) -> None:
    """A measurement that proves nothing must not look like a result."""
    if set(report.answers) != set(network.SERVERS):
        raise DemoFailed(f"not both servers answered the client: {report.answers}")
    if any(outage.ended is None for outage in report.outages):
        raise DemoFailed("the service did not come back for the client")


def keep_hint(level: Level, folder: Path, outer_pid: int | None, servers: Servers) -> str:
    """How a person gets to where the demo's commands work."""
    lines = ["The servers stay up until you press Enter or Ctrl-C. From another terminal:"]
    if level.has_namespaces and outer_pid is not None:
        own_user = "--user --preserve-credentials " if level is Level.USER else ""
        lines.append(
            f"    nsenter --target {outer_pid} {own_user}--net --mount --pid --uts --ipc /bin/sh"
        )
    lines.append(f"    cd {folder}")
    lines.append(f"    {sys.executable} -m orchestrator -i inventory --state state status")
    for name, reached in servers.reached.items():
        lines.append(
            f"    ssh -i key -o UserKnownHostsFile=known_hosts -p {reached.port} "
            f"root@{reached.address}    # {name}"
        )
    return "\n".join(lines)


def _indented(text: str) -> str:
    return textwrap.indent(text.rstrip(), "    ")
