"""From a login to a helper that has said hello, or to the reason why not.

The only file that talks to asyncssh's connections. Imported when the first connection is made:
importing asyncssh takes 180 ms, which a command that asks a running daemon need not spend.
"""

import asyncio
import contextlib
import json

import asyncssh

from orchestrator.model import Login, Server
from orchestrator.transport import known_hosts
from orchestrator.transport.base import UnreachableKind
from orchestrator.transport.helper import Helper
from orchestrator.transport.launch import launch_line
from orchestrator.transport.login_failure import why_no_login
from orchestrator.transport.pack import Pack
from orchestrator.transport.way import Opened, Opening, Through

HELLO_S = 10.0
"""An overloaded server may take seconds to start Python."""
KEEPALIVE_S = 1
KEEPALIVE_COUNT = 3
"""A frozen server is given up after (count + 1) x interval: 4 s."""
NUDGES_S = (0.001, 0.002, 0.004, 0.008, 0.016)
"""OpenSSH sends its host keys right after the login and then, by Nagle's algorithm, holds back its
answer to the request for a channel until they are acknowledged. This side has nothing to send that
could carry the acknowledgement, so it comes 40 ms later. An empty debug message carries it."""
CIPHERS = (
    "aes128-gcm@openssh.com",
    "aes256-gcm@openssh.com",
    "chacha20-poly1305@openssh.com",
    "aes256-ctr",
)
"""AES-GCM takes about half the processor time of asyncssh's first choice."""


class _Client(asyncssh.SSHClient):
    """Judges the host key and notices the end of the connection."""

    def __init__(self, known: known_hosts.KnownHosts, helper: Helper, *, accept_new: bool) -> None:
        self._known = known
        self._helper = helper
        self._accept_new = accept_new
        self._logged_in = False
        self.key_problem: str | None = None

    def validate_host_public_key(
        self, host: str, addr: str, port: int, key: asyncssh.SSHKey
    ) -> bool:
        """Called for a key that known_hosts does not have for this server."""
        del host, port
        line = self._known.line_of_known_key(addr)
        if line is not None:
            self.key_problem = self._known.changed(line, key)
        elif not self._accept_new:
            self.key_problem = self._known.unknown(key)
        else:
            try:
                self._known.store(key)
            except OSError as problem:
                self.key_problem = f"the new key cannot be stored in {self._known.path}: {problem}"
        return self.key_problem is None

    def auth_completed(self) -> None:
        self._logged_in = True

    def connection_lost(self, exc: Exception | None) -> None:
        if self._logged_in:  # else: the attempt to log in fails with a better reason
            what = str(exc or "the other side closed it")
            self._helper.lost(UnreachableKind.CONNECTION_LOST, what)


class _Session(asyncssh.SSHClientSession[bytes]):
    """Hands bytes to the helper; starts it without waiting for the server's word.

    What follows the request to execute is sent in the same breath, which saves a round trip; the
    server handles its messages in order.
    """

    def __init__(
        self, helper: Helper, connection: asyncssh.SSHClientConnection, start: bytes
    ) -> None:
        self._helper = helper
        self._connection = connection
        self._start = start
        self._channel: asyncssh.SSHClientChannel[bytes] | None = None
        self._status = "its channel was closed"

    def connection_made(self, chan: asyncssh.SSHClientChannel[bytes]) -> None:
        self._channel = chan
        self._helper.attach(self)
        asyncio.get_running_loop().call_soon(self.write, self._start)

    def write(self, data: bytes) -> None:
        if self._channel is not None:
            with contextlib.suppress(OSError):  # closed: connection_lost tells the helper
                self._channel.write(data)

    def close(self) -> None:
        self._connection.close()

    async def wait_closed(self) -> None:
        await self._connection.wait_closed()

    def data_received(self, data: bytes, datatype: asyncssh.DataType) -> None:
        if datatype is None:
            self._helper.feed(data)
        else:
            self._helper.feed_stderr(data)

    def exit_status_received(self, status: int) -> None:
        self._status = f"it ended with status {status}"

    def exit_signal_received(self, signal: str, core_dumped: bool, msg: str, lang: str) -> None:  # noqa: FBT001
        del core_dumped, msg, lang
        self._status = f"it was ended by signal {signal}"

    def connection_lost(self, exc: Exception | None) -> None:
        if exc is not None:
            self._helper.lost(UnreachableKind.CONNECTION_LOST, str(exc))
            return
        kind, advice = UnreachableKind.HELPER, ""
        if not self._helper.hello.done():
            if "sudo" in self._helper.stderr:
                kind, advice = UnreachableKind.LOGIN, "; `hasys authorize` prints the sudoers line"
            elif "Unknown option: -I" in self._helper.stderr:  # what Python 2 says
                kind, advice = UnreachableKind.NO_PYTHON, "; Python 3.6 or later is needed"
        self._helper.lost(kind, self._status + advice)


def describe(server: Server, through: Through | None) -> str:
    login = server.login
    address = login.address if through is None else through.address
    way = "" if through is None else f" through {through.peer}"
    return f"{server.name} ({login.user}@{address}:{login.port}{way})"


async def connect(
    server: Server, pack: Pack, opening: Opening, through: Through | None = None
) -> Opened:
    """A helper: usable, or gone with the reason. Every wait in it is bounded."""
    helper = Helper(describe(server, through), on_push=opening.on_push)
    login = server.login
    known = await asyncio.to_thread(known_hosts.read, login.known_hosts, login.address, login.port)
    client = _Client(known, helper, accept_new=opening.accept_new)
    try:
        async with asyncio.timeout(login.connect_timeout_s):
            connection = await _log_in(login, known, client, through)
    except (OSError, asyncssh.Error, ValueError) as problem:
        helper.lost(*why_no_login(problem, login, client.key_problem))
        return Opened(helper=helper)
    try:
        async with asyncio.timeout(HELLO_S):
            await _start_helper(helper, connection, login, pack, opening.state)
    except TimeoutError:
        helper.lost(UnreachableKind.TIMED_OUT, f"logged in, but no hello within {HELLO_S:g} s")
    except (OSError, asyncssh.Error) as problem:
        helper.lost(UnreachableKind.HELPER, f"logged in, but it cannot be started: {problem}")
    finally:
        if not helper.usable or not helper.hello.done():
            connection.abort()
    return Opened(helper=helper, connection=connection)


async def _log_in(
    login: Login, known: known_hosts.KnownHosts, client: _Client, through: Through | None
) -> asyncssh.SSHClientConnection:
    methods = ["publickey"]
    if login.password is not None:
        methods += ["password", "keyboard-interactive"]
    options: dict[str, object] = {}
    if login.key_file is not None:
        options = {"client_keys": [str(login.key_file)], "agent_path": None}
    if algorithms := known.algorithms():
        options["server_host_key_algs"] = algorithms
    options["known_hosts"] = known.usable()
    if through is not None:
        options["known_hosts"] = lambda *_: known.of_server()
        options |= {"tunnel": through.connection, "host_key_alias": login.address}
    return await asyncssh.connect(
        login.address if through is None else through.address,
        login.port,
        username=login.user,
        password=login.password,
        client_factory=lambda: client,
        config=None,
        connect_timeout=login.connect_timeout_s,
        login_timeout=login.connect_timeout_s,
        keepalive_interval=KEEPALIVE_S,
        keepalive_count_max=KEEPALIVE_COUNT,
        encryption_algs=list(CIPHERS),
        compression_algs=None,
        preferred_auth=methods,
        **options,
    )


async def _start_helper(
    helper: Helper,
    connection: asyncssh.SSHClientConnection,
    login: Login,
    pack: Pack,
    state: str,
) -> None:
    settings = json.dumps({"digest": pack.digest, "state_directory": state}).encode()
    start = b"%d\n%s%s\n" % (len(pack.payload), pack.payload, settings)
    loop = asyncio.get_running_loop()
    nudges = [loop.call_later(delay, connection.send_debug, "") for delay in NUDGES_S]
    try:
        await connection.create_session(
            lambda: _Session(helper, connection, start), launch_line(login), encoding=None
        )
    finally:
        for nudge in nudges:
            nudge.cancel()
    await helper.hello
