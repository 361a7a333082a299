"""Every way not to reach a server is a reply that says what was tried and what to do."""

import asyncio
import contextlib
import signal
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import psutil
import pytest

from orchestrator.model import Server, ServerName
from orchestrator.transport import (
    Done,
    Reign,
    Reply,
    Request,
    SshTransport,
    Unreachable,
    UnreachableKind,
)
from tests.transport.conftest import Call
from tests.transport.sshd import PYTHON, Sshd, free_port, new_key

PING = Request(op="ping", deadline_s=5)
Ask = Callable[..., Awaitable[Reply]]


@pytest.fixture
async def ask() -> AsyncIterator[Ask]:
    """Ask any server once."""
    made: list[SshTransport] = []

    async def once(server: Server, request: Request = PING, **options: bool) -> Reply:
        made.append(SshTransport([server], **options))
        return await made[-1].call(ServerName("linux1"), request)

    yield once
    for transport in made:
        await transport.close()


async def expect(reply: Reply, kind: UnreachableKind, *words: str) -> Unreachable:
    assert isinstance(reply, Unreachable)
    assert reply.kind is kind, reply.message
    for word in ("linux1", *words):
        assert word in reply.message
    return reply


async def test_nothing_listens(sshd: Sshd, ask: Ask):
    port = free_port()

    reply = await ask(sshd.server(port=port))

    await expect(reply, UnreachableKind.REFUSED, str(port))


async def test_a_name_that_nobody_knows(sshd: Sshd, ask: Ask):
    reply = await ask(sshd.server(address="no-such-host.invalid"))

    await expect(reply, UnreachableKind.NAME_UNKNOWN, "no-such-host.invalid")


async def test_a_server_that_accepts_and_says_nothing(sshd: Sshd, ask: Ask):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        port = silent.getsockname()[1]
        reply = await ask(sshd.server(port=port, connect_timeout_s=0.5))

    await expect(reply, UnreachableKind.TIMED_OUT, "0.5 s")
    assert time.monotonic() - began < 3


async def test_a_key_that_may_not_log_in(sshd: Sshd, ask: Ask, tmp_path: Path):
    key = new_key(tmp_path / "stranger")

    reply = await ask(sshd.server(key_file=key))

    await expect(reply, UnreachableKind.LOGIN, str(key), sshd.user)


async def test_a_key_file_that_is_not_there(sshd: Sshd, ask: Ask, tmp_path: Path):
    reply = await ask(sshd.server(key_file=tmp_path / "missing"))

    await expect(reply, UnreachableKind.LOGIN, str(tmp_path / "missing"))


async def test_a_server_without_python(sshd: Sshd, ask: Ask, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("orchestrator.transport.launch.INTERPRETERS", ("/nonexistent/python3",))

    reply = await ask(sshd.server(python=None))

    await expect(reply, UnreachableKind.NO_PYTHON, "ansible_python_interpreter")


async def test_an_interpreter_that_is_not_python(sshd: Sshd, ask: Ask):
    reply = await ask(sshd.server(python="/bin/false"))

    await expect(reply, UnreachableKind.HELPER, "status 1")


async def test_a_python_that_is_too_old(sshd: Sshd, ask: Ask, tmp_path: Path):
    old = tmp_path / "python2"
    old.write_text("#!/bin/sh\necho 'Unknown option: -I' >&2; exit 2\n")
    old.chmod(0o755)

    reply = await ask(sshd.server(python=str(old)))

    await expect(reply, UnreachableKind.NO_PYTHON, "3.6")


async def test_what_login_scripts_print_is_skipped(sshd: Sshd, ask: Ask, tmp_path: Path):
    noisy = tmp_path / "noisy"
    noisy.write_text(f'#!/bin/sh\necho "Welcome!"; printf "No end:"; exec {PYTHON} "$@"\n')
    noisy.chmod(0o755)

    assert isinstance(await ask(sshd.server(python=str(noisy))), Done)


async def test_endless_noise_is_given_up(sshd: Sshd, ask: Ask, tmp_path: Path):
    endless = tmp_path / "endless"
    endless.write_text("#!/bin/sh\nexec yes\n")
    endless.chmod(0o755)

    reply = await ask(sshd.server(python=str(endless)))

    await expect(reply, UnreachableKind.HELPER, "instead of hello")


async def test_a_helper_that_never_says_hello(
    sshd: Sshd, ask: Ask, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("orchestrator.transport.connection.HELLO_S", 0.5)

    reply = await ask(sshd.server(python="/bin/cat"))

    assert isinstance(reply, Unreachable)
    assert reply.sent is False


async def test_a_host_key_that_nobody_has_accepted(sshd: Sshd, ask: Ask, tmp_path: Path):
    reply = await ask(sshd.server(known_hosts=tmp_path / "none"))

    await expect(reply, UnreachableKind.HOST_KEY, str(tmp_path / "none"), "SHA256:")
    assert not (tmp_path / "none").exists()


async def test_a_host_key_is_stored_only_when_asked_for(sshd: Sshd, ask: Ask, tmp_path: Path):
    known = tmp_path / "known_hosts"
    known.write_text("# no newline at the end")

    first = await ask(sshd.server(known_hosts=known), accept_new_host_keys=True)
    second = await ask(sshd.server(known_hosts=known))

    assert isinstance(first, Done)
    assert isinstance(second, Done)
    key = sshd.host_key.with_suffix(".pub").read_text().split()[1]
    comment, line = known.read_text().splitlines()
    assert comment == "# no newline at the end"
    assert line == f"[127.0.0.1]:{sshd.port} ssh-ed25519 {key}"


@pytest.mark.parametrize("accept_new", [False, True])
async def test_a_host_key_that_changed_is_never_accepted(
    sshd: Sshd, ask: Ask, tmp_path: Path, *, accept_new: bool
):
    other = new_key(tmp_path / "other").with_suffix(".pub").read_text()
    known = tmp_path / "known_hosts"
    known.write_text(f"# first line\n[127.0.0.1]:{sshd.port} {other}")

    reply = await ask(sshd.server(known_hosts=known), accept_new_host_keys=accept_new)

    await expect(
        reply,
        UnreachableKind.HOST_KEY,
        f"{known} line 2",
        f"ssh-keygen -f {known} -R '[127.0.0.1]:{sshd.port}'",
    )


async def test_one_bad_line_does_not_lock_everybody_out(sshd: Sshd, ask: Ask, tmp_path: Path):
    known = tmp_path / "known_hosts"
    known.write_text("@unknown-marker x y z\n\xff\n" + sshd.known_hosts.read_text())

    assert isinstance(await ask(sshd.server(known_hosts=known)), Done)


async def test_a_helper_that_is_killed_is_noticed_at_once(sshd: Sshd, call: Call, raised: Reign):
    before = sshd.helpers()
    task = asyncio.create_task(call("run", reign=raised, shell="sleep 60", deadline_s=60))
    await asyncio.sleep(0.1)
    began = time.monotonic()

    for helper in before:
        helper.kill()
    reply = await task

    assert time.monotonic() - began < 1
    assert isinstance(reply, Unreachable)
    assert reply.kind in (UnreachableKind.HELPER, UnreachableKind.CONNECTION_LOST)
    assert reply.sent is True
    assert isinstance(await call("ping"), Done), "the next call connects again"


async def test_a_frozen_session_is_given_up_in_five_seconds(sshd: Sshd, call: Call, raised: Reign):
    task = asyncio.create_task(call("run", reign=raised, shell="sleep 60", deadline_s=60))
    await asyncio.sleep(0.1)
    frozen = sshd.sessions()
    began = time.monotonic()

    for session in frozen:
        session.send_signal(signal.SIGSTOP)
    try:
        reply = await task
    finally:
        for session in frozen:
            with contextlib.suppress(Exception):
                session.send_signal(signal.SIGCONT)

    assert time.monotonic() - began < 5
    await expect(reply, UnreachableKind.CONNECTION_LOST)
    assert isinstance(reply, Unreachable)
    assert reply.sent is True


async def test_a_stuck_helper_is_not_asked_again_but_may_end_its_work(
    sshd: Sshd, call: Call, raised: Reign, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("orchestrator.transport.helper.GRACE_S", 0.5)
    slow = asyncio.create_task(call("run", reign=raised, shell="sleep 1; echo end", deadline_s=9))
    await asyncio.sleep(0.1)
    (stuck,) = sshd.helpers()

    stuck.suspend()
    late = await call("ping", deadline_s=0.1)
    fresh = await call("ping")
    stuck.resume()

    await expect(late, UnreachableKind.TIMED_OUT, "0.1 s")
    assert isinstance(late, Unreachable)
    assert late.sent is True
    assert isinstance(fresh, Done)
    reply = await slow
    assert isinstance(reply, Done), "the call in progress was not given up"
    assert reply.data["stdout"] == "end\n"
    gone, _ = await asyncio.to_thread(psutil.wait_procs, [stuck], timeout=5)
    assert gone == [stuck]


async def test_closing_ends_calls_in_progress(call: Call, transport: SshTransport, raised: Reign):
    task = asyncio.create_task(call("run", reign=raised, shell="sleep 60", deadline_s=60))
    await asyncio.sleep(0.1)

    await transport.close()

    assert isinstance(await task, Unreachable)
