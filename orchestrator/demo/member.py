"""A process of the demo that has its own place (a server, the client): JSON lines in and out.

The stage holds a `Member`; `say` and `listen` are the other end of it.
"""

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from typing import Any

from orchestrator.demo.isolate import isolated


class DemoFailed(Exception):
    """The demo cannot go on; the text is for the person who looks at it."""


class Member:
    """Ends with the stage, and when its standard input is closed."""

    def __init__(self, name: str, process: asyncio.subprocess.Process) -> None:
        self.name = name
        self.process = process

    @classmethod
    async def start(cls, name: str, module: str, *, namespaces: str, log: int) -> "Member":
        argv = [sys.executable, "-m", module, name]
        if namespaces:
            argv = isolated(namespaces, argv)
        process = await asyncio.create_subprocess_exec(
            *argv, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=log
        )
        return cls(name, process)

    async def tell(self, **words: Any) -> None:
        assert self.process.stdin is not None  # noqa: S101 - for the type checker
        self.process.stdin.write(json.dumps(words).encode() + b"\n")
        try:
            await self.process.stdin.drain()
        except OSError as error:
            raise DemoFailed(f"{self.name} has ended unexpectedly") from error

    async def hear(self, *, patience_s: float = 20.0) -> Mapping[str, Any]:
        """What it says next; its `failed` is raised."""
        assert self.process.stdout is not None  # noqa: S101 - for the type checker
        try:
            async with asyncio.timeout(patience_s):
                line = await self.process.stdout.readline()
        except TimeoutError:
            raise DemoFailed(f"{self.name} said nothing for {patience_s:g} s") from None
        if not line:
            raise DemoFailed(f"{self.name} has ended unexpectedly")
        words: dict[str, Any] = json.loads(line)
        if "failed" in words:
            raise DemoFailed(f"{self.name}: {words['failed']}")
        return words

    async def end(self) -> None:
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()


def say(**words: Any) -> None:
    """A member's word to the stage."""
    print(json.dumps(words), flush=True)  # noqa: T201 - that is its channel


def listen() -> dict[str, Any]:
    """What the stage says next; its end is the end of this process."""
    line = sys.stdin.readline()
    if not line:
        os._exit(0)
    words: dict[str, Any] = json.loads(line)
    return words
