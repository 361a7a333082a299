"""Where the guard of a group keeps what: durable and volatile, root only.

`kept` is /var/lib/hasys/GROUP, `run` is /run/hasys/GROUP.
"""

import os
from typing import NamedTuple

from remote_helpers.operation import OperationError

RUN_DIRECTORY = "/run/hasys"


class Places(NamedTuple):
    run: str
    kept: str

    @property
    def lock(self) -> str:
        """Held with flock for the life of the guard."""
        return os.path.join(self.run, "guard.lock")

    @property
    def starting(self) -> str:
        """Held with flock by the helper that starts or replaces the guard."""
        return os.path.join(self.run, "starting")

    @property
    def socket(self) -> str:
        return os.path.join(self.run, "guard.sock")

    @property
    def gate(self) -> str:
        return os.path.join(self.run, "gate")

    @property
    def state(self) -> str:
        """What a successor on the same boot takes over."""
        return os.path.join(self.run, "state")

    @property
    def code(self) -> str:
        return os.path.join(self.run, "code")

    @property
    def settings(self) -> str:
        return os.path.join(self.run, "settings")

    @property
    def cover(self) -> str:
        """The process id of the unit that resets the server when it is not fed."""
        return os.path.join(self.run, "cover")

    @property
    def record(self) -> str:
        return os.path.join(self.kept, "guard")

    @property
    def released(self) -> str:
        """The record of a group that is guarded no more: what was promised stays known."""
        return self.record + ".released"


def make(places: Places) -> None:
    """Both folders, for root alone."""
    for folder in (places.run, places.kept):
        for each in (os.path.dirname(folder), folder):
            _make(each)


def _make(folder: str) -> None:
    try:
        os.mkdir(folder, 0o700)
    except FileExistsError:
        pass
    except PermissionError as problem:
        message = "user {} may not make {}: a guard needs root"
        raise OperationError("failed", message.format(os.getuid(), folder)) from problem


def write_whole(path: str, data: bytes) -> None:
    """The new text or the old one, never a part: readers may come at any moment."""
    fresh = path + ".new"
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]
    finally:
        os.close(descriptor)
    os.rename(fresh, path)
