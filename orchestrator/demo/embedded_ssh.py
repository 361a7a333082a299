"""An SSH server in Python, for demo servers that cannot have OpenSSH's.

OpenSSH's needs to be there, and more users than the one that an ordinary user may map.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

import asyncssh


async def listen(
    address: str,
    port: int,
    *,
    host_key: str,
    authorized: str,
    environment: Mapping[str, str],
    state_directory: str | None = None,
) -> asyncssh.SSHAcceptor:
    """`state_directory`: where a helper keeps this server's records, as it has no own /var/lib."""

    async def handle(process: asyncssh.SSHServerProcess[bytes]) -> None:
        await _run(process, environment, state_directory)

    return await asyncssh.listen(
        address,
        port,
        server_host_keys=[asyncssh.import_private_key(host_key)],
        authorized_client_keys=asyncssh.import_authorized_keys(authorized),
        process_factory=handle,
        encoding=None,
        allow_scp=False,
    )


async def _run(
    process: asyncssh.SSHServerProcess[bytes],
    environment: Mapping[str, str],
    state_directory: str | None,
) -> None:
    command = ("-c", process.command) if process.command else ()
    child = await asyncio.create_subprocess_exec(
        "/bin/sh",
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=dict(environment),
        cwd="/",
        start_new_session=True,
    )
    assert child.stdin is not None  # noqa: S101 - for the type checker
    assert child.stdout is not None  # noqa: S101 - for the type checker
    assert child.stderr is not None  # noqa: S101 - for the type checker
    received = _chunks(process.stdin.read)
    if state_directory is not None:
        received = _in_own_directory(received, state_directory)
    feeding = asyncio.create_task(_feed(received, child.stdin))
    await asyncio.gather(
        _pass_on(_chunks(child.stdout.read), process.stdout),
        _pass_on(_chunks(child.stderr.read), process.stderr),
    )
    code = await child.wait()
    feeding.cancel()
    process.exit(code if code >= 0 else 128 - code)


async def _chunks(read: Callable[[int], Awaitable[bytes]]) -> AsyncIterator[bytes]:
    """A lost connection ends what the client sends like an orderly end does."""
    with contextlib.suppress(asyncssh.Error, OSError):
        while chunk := await read(65536):
            yield chunk


async def _feed(chunks: AsyncIterator[bytes], child: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        async for chunk in chunks:
            child.write(chunk)
            await child.drain()
    child.close()


async def _pass_on(chunks: AsyncIterator[bytes], client: asyncssh.SSHWriter[bytes]) -> None:
    with contextlib.suppress(asyncssh.Error, OSError):
        async for chunk in chunks:
            client.write(chunk)
            await client.drain()


async def _in_own_directory(
    chunks: AsyncIterator[bytes], state_directory: str
) -> AsyncIterator[bytes]:
    """Puts this server's own directory into the settings that follow the helper's text.

    Two servers on one file system would read each other's epochs otherwise.
    """
    stream = _Collected(chunks)
    length = await stream.line()
    text = await stream.exactly(int(length))
    settings = json.loads(await stream.line()) | {"state_directory": state_directory}
    yield length + text + json.dumps(settings).encode() + b"\n" + stream.rest
    async for chunk in chunks:
        yield chunk


class _Collected:
    """Takes lines and exact numbers of bytes off chunks."""

    def __init__(self, chunks: AsyncIterator[bytes]) -> None:
        self._chunks = chunks
        self.rest = b""

    async def line(self) -> bytes:
        while b"\n" not in self.rest:
            self.rest += await anext(self._chunks, b"\n")
        line, _, self.rest = self.rest.partition(b"\n")
        return line + b"\n"

    async def exactly(self, count: int) -> bytes:
        while len(self.rest) < count:
            more = await anext(self._chunks, None)
            if more is None:
                raise EOFError("the client went away while it sent its helper")
            self.rest += more
        taken, self.rest = self.rest[:count], self.rest[count:]
        return taken
