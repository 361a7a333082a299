"""A login that may start the helper and nothing else, by key and by sudo, tried on a real sshd."""

import asyncio
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncssh
import psutil
import pytest

from orchestrator.errors import UsageError
from orchestrator.model import Login, ServerName
from orchestrator.transport import Done, Request, SshTransport, Unreachable, UnreachableKind
from orchestrator.transport.authorize import authorized_keys_line, sudoers_line
from tests.transport.sshd import PYTHON, Sshd, new_key, running

NAME = ServerName("linux1")
PING = Request(op="ping", deadline_s=10)


@pytest.fixture
def forced(sshd: Sshd, tmp_path: Path) -> Iterator[Path]:
    """A key that the server takes for the helper alone."""
    key = new_key(tmp_path / "forced")
    before = sshd.authorized_keys.read_text()
    line = authorized_keys_line(key.with_suffix(".pub").read_text(), sshd.login())
    sshd.authorized_keys.write_text(before + line + "\n")
    yield key
    sshd.authorized_keys.write_text(before)


async def test_the_helper_starts_through_the_forced_command(
    sshd: Sshd, forced: Path, tmp_path: Path
):
    transport = SshTransport([sshd.server(key_file=forced)], state_directory=str(tmp_path))

    reply = await transport.call(NAME, PING)
    await transport.close()

    assert isinstance(reply, Done)


async def test_the_key_opens_nothing_else(sshd: Sshd, forced: Path, tmp_path: Path):
    async with asyncssh.connect(
        "127.0.0.1",
        sshd.port,
        username=sshd.user,
        client_keys=[str(forced)],
        known_hosts=str(sshd.known_hosts),
        config=None,
        agent_path=None,
    ) as connection:
        for command in (f"touch {tmp_path}/proof", "internal-sftp", "scp -t /tmp", None):
            result = await connection.run(command, input="no number\n", timeout=10)
            assert "ValueError" in str(result.stderr), "it was the helper's start that ran"
        with pytest.raises(asyncssh.ChannelOpenError):
            await connection.open_connection("127.0.0.1", sshd.port)

    assert not (tmp_path / "proof").exists()


def test_a_private_key_is_not_printed_by_mistake(tmp_path: Path):
    key = new_key(tmp_path / "key")

    with pytest.raises(UsageError, match="not a public key"):
        authorized_keys_line(key.read_text(), Login(address="a"))


def test_sudoers_needs_a_whole_path():
    with pytest.raises(UsageError, match="whole path"):
        sudoers_line(Login(address="a", user="ops", python="python3"))


@pytest.mark.skipif(shutil.which("visudo") is None, reason="sudo is not installed")
@pytest.mark.parametrize("python", [None, "/opt/py=3:11,x/python 3", "/usr/bin/python3.11"])
def test_sudo_reads_its_line(tmp_path: Path, python: str | None):
    file = tmp_path / "sudoers"
    file.write_text(sudoers_line(Login(address="a", user="ops", python=python)) + "\n")

    done = subprocess.run(
        ["visudo", "-c", "-f", str(file)], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr


@pytest.fixture(params=["use_pty", "!use_pty"])
def sshd_with_sudo(request: pytest.FixtureRequest) -> Iterator[Sshd]:
    """In a mount namespace of its own, with one user more than the machine has.

    Not below pytest's folder, which that user may not enter.
    """
    if os.geteuid() != 0 or shutil.which("unshare") is None or shutil.which("sudo") is None:
        pytest.skip("needs root, unshare and sudo")
    with tempfile.TemporaryDirectory(prefix="hasys-sudo-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        etc = folder / "etc"
        etc.mkdir()
        ops = "hasys-ops:{}:64321:64321::/:/bin/sh\n"
        (etc / "passwd").write_text(Path("/etc/passwd").read_text() + ops.format("x"))
        (etc / "shadow").write_text(Path("/etc/shadow").read_text() + "hasys-ops:*:19000::::::\n")
        (etc / "group").write_text(Path("/etc/group").read_text() + "hasys-ops:x:64321:\n")
        line = sudoers_line(Login(address="a", user="hasys-ops"))
        (etc / "sudoers").write_text(f"Defaults env_reset, {request.param}\n{line}\n")
        (etc / "sudoers").chmod(0o440)
        binds = "".join(f"mount --bind {each} /etc/{each.name}; " for each in etc.iterdir())
        prefix = ("unshare", "--mount", "sh", "-ec", f'{binds} exec "$@"', "sh")
        with running(folder, prefix, "hasys-ops") as server:
            yield server


async def test_a_user_who_is_not_root_becomes_root_for_the_helper_alone(
    sshd_with_sudo: Sshd, tmp_path: Path
):
    server = sshd_with_sudo.server(become=True, python=PYTHON)
    transport = SshTransport([server], state_directory=str(tmp_path / "state"))
    request = Request(
        op="epoch.raise",
        args={"group": "web", "epoch": 1, "controller": "c", "run": "r"},
        deadline_s=10,
    )

    reply = await transport.call(NAME, request)
    helpers = sshd_with_sudo.helpers()
    await transport.close()

    assert isinstance(reply, Done), reply
    assert len(helpers) == 1
    _, alive = await asyncio.to_thread(psutil.wait_procs, helpers, timeout=5)
    assert alive == [], "sudo does not pass on the end of the session"
    assert (tmp_path / "state" / "web").stat().st_uid == 0


async def test_without_the_line_sudo_refuses_and_its_words_are_passed_on(sshd_with_sudo: Sshd):
    (sshd_with_sudo.folder / "etc" / "sudoers").write_text("Defaults env_reset\n")
    server = sshd_with_sudo.server(become=True, python=PYTHON)
    transport = SshTransport([server])

    reply = await transport.call(NAME, PING)
    await transport.close()

    assert isinstance(reply, Unreachable)
    assert reply.kind is UnreachableKind.LOGIN
    assert "sudo" in reply.message
    assert "hasys authorize" in reply.message
