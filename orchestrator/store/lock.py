"""One run a group at a time, on this machine: an flock that the kernel drops when we die."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestrator.errors import Busy
from orchestrator.model import GroupName
from orchestrator.store.state_file import StoreUnusable


@contextmanager
def group_lock(state_directory: Path, group: GroupName, purpose: str) -> Iterator[None]:
    """Hold the group for `purpose`; raises Busy, naming the holder, when somebody else does."""
    descriptor = _opened(state_directory / "locks" / f"{group}.lock")
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 200).decode(errors="replace").strip()
            raise Busy(
                f"group {group} is held by {holder or 'another process'}",
                hint="wait for it to end; `hasys events` shows what it does",
            ) from None
        with contextlib.suppress(OSError):  # a full disk: then the next one is not told by whom
            os.ftruncate(descriptor, 0)
            os.write(descriptor, f"process {os.getpid()}: {purpose}\n".encode())
        yield
    finally:
        os.close(descriptor)


def _opened(path: Path) -> int:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreUnusable(
            f"lock {path}: {error.strerror}", hint="choose another place with --state DIR"
        ) from error
