"""A watchdog device: opened when a reign may begin, closed in order when nothing is held."""

import contextlib
import errno
import fcntl
import os
import struct
from typing import Any, Callable, Dict, Optional, Tuple

_SET_TIMEOUT = 0xC0045706
"""WDIOC_SETTIMEOUT"""
_SET_OPTIONS, _DISABLE = 0x80045704, 1
"""WDIOC_SETOPTIONS, WDIOS_DISABLECARD"""


class DeviceCover:
    """Opening it starts it; closed without the magic letter it goes on and fires."""

    kind = "device"
    starting = False

    def __init__(self, path: str, seconds: float) -> None:
        self._path = path
        self.seconds = seconds
        """What it was last told; it counts whole ones."""
        self._descriptor: Optional[int] = None
        self._left_running = False
        """By a guard that left no state. It is not opened, which feeds it, before what that guard
        held has been looked at.
        """
        self.problem = ""

    @property
    def armed(self) -> bool:
        return self._descriptor is not None or self._left_running

    def arm(self) -> None:
        if self._descriptor is not None:
            return
        self._left_running = False
        try:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CLOEXEC)
        except OSError as problem:
            self.problem = "cannot open {}: {}".format(self._path, problem.strerror)
            return
        self._descriptor = descriptor
        refused = self._set(self.seconds)
        if refused:
            self.disarm()
        self.problem = refused

    def _set(self, seconds: float) -> str:
        """Why it does not fire so soon. It counts from anew, as if it were fed."""
        if self._descriptor is None:
            return ""
        try:
            answer = fcntl.ioctl(self._descriptor, _SET_TIMEOUT, struct.pack("i", int(seconds)))
        except OSError as problem:
            return "{} takes no time-out: {}".format(self._path, problem.strerror)
        (found,) = struct.unpack("i", answer)
        return "{} fires only after {} s".format(self._path, found) if found > seconds else ""

    def rearm(self, seconds: float, may: Callable[[], bool]) -> None:
        """Another time-out while it runs, which feeds it, too: `may` says whether it may be fed.

        Where it takes none, the one before stays in force.
        """
        if self._descriptor is None or int(seconds) < 1 or not may():
            return
        problem = self._set(seconds)
        if problem:
            self._set(self.seconds)
        else:
            self.seconds = seconds

    def feed(self) -> None:
        if self._left_running:
            self.arm()
        if self._descriptor is not None:
            with contextlib.suppress(OSError):
                os.write(self._descriptor, b"\0")

    def disarm(self) -> None:
        """A device that cannot be stopped (nowayout) is kept and fed on."""
        if self._left_running:
            self.arm()
        if self._descriptor is None:
            return
        if self._cannot_be_stopped(self._descriptor):
            self.feed()
            return
        with contextlib.suppress(OSError):
            os.write(self._descriptor, b"V")
        os.close(self._descriptor)
        self._descriptor = None

    def _cannot_be_stopped(self, descriptor: int) -> bool:
        """Asked by stopping it. A driver that knows no such request is stopped by the letter."""
        try:
            fcntl.ioctl(descriptor, _SET_OPTIONS, struct.pack("i", _DISABLE))
        except OSError as problem:
            return problem.errno == errno.EBUSY
        return False

    def _runs(self) -> bool:
        """Asked without opening it; not every kernel tells."""
        name = os.path.basename(os.path.realpath(self._path))
        try:
            with open("/sys/class/watchdog/{}/state".format(name)) as file:
                return file.read().strip() == "active"
        except OSError:
            return False

    def hand_over(self) -> Tuple[Dict[str, Any], Optional[int]]:
        return {"armed": self._descriptor is not None}, self._descriptor

    def resume(self, left: Dict[str, Any], descriptor: Optional[int]) -> None:
        """Of a guard that was killed, too: its device still runs, and is open to us."""
        if descriptor is not None:
            self._descriptor = descriptor
        elif left.get("armed"):
            self.arm()
        else:
            self._left_running = self._runs()
