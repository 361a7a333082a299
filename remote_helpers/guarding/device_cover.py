"""A watchdog device: opened when a reign may begin, closed in order when nothing is held."""

import contextlib
import fcntl
import os
import struct
from typing import Any, Dict, Optional, Tuple

_SET_TIMEOUT = 0xC0045706
"""WDIOC_SETTIMEOUT"""


class DeviceCover:
    """Opening it starts it; closed without the magic letter it goes on and fires."""

    kind = "device"

    def __init__(self, path: str, seconds: float) -> None:
        self._path = path
        self._seconds = int(seconds)
        self._descriptor: Optional[int] = None
        self.problem = ""

    @property
    def armed(self) -> bool:
        return self._descriptor is not None

    def arm(self) -> None:
        if self._descriptor is not None:
            return
        try:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CLOEXEC)
        except OSError as problem:
            self.problem = "cannot open {}: {}".format(self._path, problem.strerror)
            return
        self._descriptor = descriptor
        try:
            answer = fcntl.ioctl(descriptor, _SET_TIMEOUT, struct.pack("i", self._seconds))
        except OSError as problem:
            self._refuse("{} takes no time-out: {}".format(self._path, problem.strerror))
            return
        (seconds,) = struct.unpack("i", answer)
        if seconds > self._seconds:
            self._refuse("{} fires only after {} s".format(self._path, seconds))
            return
        self.problem = ""

    def _refuse(self, why: str) -> None:
        self.disarm()
        self.problem = why

    def feed(self) -> None:
        if self._descriptor is not None:
            with contextlib.suppress(OSError):
                os.write(self._descriptor, b"\0")

    def disarm(self) -> None:
        """A device that cannot be stopped (nowayout) is kept and fed on."""
        if self._descriptor is None:
            return
        if self._cannot_be_stopped():
            self.feed()
            return
        with contextlib.suppress(OSError):
            os.write(self._descriptor, b"V")
        os.close(self._descriptor)
        self._descriptor = None

    def defuse(self) -> None:
        """What a guard before this one left running, once it is known that nothing is held."""
        if self._descriptor is None and not self._cannot_be_stopped():
            self.arm()
            self.disarm()

    def _cannot_be_stopped(self) -> bool:
        name = os.path.basename(os.path.realpath(self._path))
        try:
            with open("/sys/class/watchdog/{}/nowayout".format(name)) as file:
                return file.read().strip() == "1"
        except OSError:
            return False

    def hand_over(self) -> Tuple[Dict[str, Any], Optional[int]]:
        return {"armed": self.armed}, self._descriptor

    def resume(self, left: Dict[str, Any], descriptor: Optional[int]) -> None:
        """Also of a guard that was killed: its device is open to us, and still runs."""
        if descriptor is not None:
            self._descriptor = descriptor
        elif left.get("armed"):
            self.arm()
