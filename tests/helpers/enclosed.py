"""Runs a test's body in namespaces of its own: real links, addresses and mounts, nobody else's.

The body runs in a fork, so its namespaces, and all that is in them, end with it.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import subprocess
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from remote_helpers.child import Children
from remote_helpers.operation import Context

_NEW_MOUNTS, _NEW_NETWORK = 0x00020000, 0x40000000


def a_context(seconds: float = 10.0, group: str = "web") -> Context:
    return Context(group, time.monotonic() + seconds, Children())


def enclosed(body: Callable[[], None], timeout_s: float = 20.0) -> None:
    """Call `body` in a network and a mount namespace of its own; what it raises fails the test."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        os._exit(_in_child(body, writing))
    os.close(writing)
    told = _read(reading, time.monotonic() + timeout_s)
    os.close(reading)
    if told is None:
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if told is None:
        pytest.fail(f"the body did not end within {timeout_s:g} s")
    if status:
        pytest.fail(told or f"the body ended with status {status}", pytrace=False)


def run(*argv: str) -> str:
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{argv}: {done.stderr}"
    return done.stdout


def _in_child(body: Callable[[], None], writing: int) -> int:
    try:
        unshare(_NEW_MOUNTS | _NEW_NETWORK)
        run("mount", "--make-rprivate", "/")
        run("mount", "-t", "sysfs", "sysfs", "/sys")  # the one of this network namespace
        run("ip", "link", "set", "lo", "up")
        body()
    except BaseException:  # noqa: BLE001 - the parent shows it
        os.write(writing, traceback.format_exc().encode())
        return 1
    return 0


def unshare(flags: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(flags) != 0:
        raise OSError(ctypes.get_errno(), "unshare")


def _read(reading: int, deadline: float) -> str | None:
    told = b""
    while True:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([reading], [], [], left)[0]:
            return None
        data = os.read(reading, 65536)
        if not data:
            return told.decode()
        told += data


class Neighbour:
    """Another machine on the link: a network namespace at the other end of a veth pair.

    Ours is `near`, 10.9.0.1/24; its is `far`, 10.9.0.2/24.
    """

    def __init__(self) -> None:
        holder = subprocess.Popen(["unshare", "-n", "sleep", "60"])
        self._holder = holder
        wait_for(lambda: _network_of(holder.pid) != _network_of(os.getpid()))
        run("ip", "link", "add", "near", "type", "veth", "peer", "name", "far")
        run("ip", "link", "set", "far", "netns", str(holder.pid))
        for command in ("addr add 10.9.0.2/24 dev far", "link set far up"):
            self.ip(*command.split())
        for command in ("addr add 10.9.0.1/24 dev near", "link set near up"):
            run("ip", *command.split())
        self.mac = self.ip("-br", "link", "show", "far").split()[2]
        self.near_mac = run("ip", "-br", "link", "show", "near").split()[2]
        wait_for(lambda: "LOWER_UP" in run("ip", "link", "show", "near"))

    def run(self, *argv: str) -> str:
        return run("nsenter", "-t", str(self._holder.pid), "-n", *argv)

    def ip(self, *words: str) -> str:
        return self.run("ip", *words)

    def believes(self, address: str, mac: str) -> None:
        self.ip("neigh", "replace", address, "lladdr", mac, "dev", "far", "nud", "stale")

    def knows(self, address: str) -> str:
        """The MAC address that it would send to."""
        words = self.ip("neigh", "show", address).split()
        return words[words.index("lladdr") + 1] if "lladdr" in words else ""

    def leave(self) -> None:
        self._holder.kill()
        self._holder.wait()


def wait_for(true: Callable[[], bool], seconds: float = 3.0) -> None:
    """Fails when it does not come true in time."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.01)


def _network_of(pid: int) -> str:
    return str(Path(f"/proc/{pid}/ns/net").readlink())


def with_neighbour(body: Callable[[Neighbour], None]) -> None:
    def inside() -> None:
        neighbour = Neighbour()
        try:
            body(neighbour)
        finally:
            neighbour.leave()

    enclosed(inside)
