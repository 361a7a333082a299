"""Names of fence agents to programs of this machine and to what they say of themselves."""

import asyncio
import shutil
from collections.abc import Mapping
from pathlib import Path

from orchestrator.fencing.metadata import Metadata, parse
from orchestrator.fencing.program import NotStarted, run

DIRECTORIES = ("/usr/sbin", "/usr/local/sbin", "/sbin")
"""Where agents are installed; the PATH of a user who is not root lacks these."""
METADATA_S = 15.0
"""Agents are Python programs: an overloaded machine takes seconds to start one."""


class NotUsable(Exception):
    """The agent is not there or does not describe itself; the text says which, and what to do."""


class Agents:
    """The agents of this machine; each is asked about itself once while its file stays the same."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """`environment`: of this process; its PATH is searched, variables named in files are
        taken from it. The agents themselves get none of it.
        """
        self.variables = environment
        self._path = ":".join((*filter(None, [environment.get("PATH")]), *DIRECTORIES))
        self._known: dict[tuple[str, int, int], asyncio.Task[Metadata]] = {}

    @property
    def environment(self) -> dict[str, str]:
        """What an agent sees: nothing of the controller's but where programs are."""
        return {"PATH": self._path, "LC_ALL": "C", "PYTHONWARNINGS": "ignore"}

    def program(self, agent: str) -> str:
        """Raises NotUsable."""
        found = shutil.which(agent, path=self._path)
        if found is not None:
            return found
        if "/" in agent:
            raise NotUsable(f"{agent} is not a program that can be run here")
        raise NotUsable(
            f"{agent} is not installed on this controller; apt-get install fence-agents"
        )

    async def metadata(self, agent: str) -> Metadata:
        """Raises NotUsable."""
        key = await asyncio.to_thread(self._version, agent)
        if key not in self._known:
            self._known[key] = asyncio.create_task(self._ask(key[0]))
        try:
            return await asyncio.shield(self._known[key])
        except NotUsable:
            self._known.pop(key, None)  # an overloaded machine may answer the next time
            raise

    def _version(self, agent: str) -> tuple[str, int, int]:
        program = self.program(agent)
        status = Path(program).stat()
        return program, status.st_mtime_ns, status.st_size

    async def _ask(self, program: str) -> Metadata:
        try:
            ended = await run(
                program,
                "-o",
                "metadata",
                told="",
                deadline_s=METADATA_S,
                environment=self.environment,
            )
        except NotStarted as problem:
            raise NotUsable(f"cannot be run: {problem}") from None
        if ended.code is None:
            raise NotUsable(f"{program} -o metadata gave no answer within {METADATA_S:g} s")
        try:
            return parse(ended.stdout)
        except ValueError as problem:
            raise NotUsable(f"{program} is not a fence agent: {problem}") from None
