"""A file's whole content replaced at once: a reader sees the old one or the new one, never half.

What is on the disk survives a power cut: file and folder are synced before the step counts as done.
"""

import contextlib
import os
import stat
import tempfile
from typing import List, Optional

from remote_helpers.modules.attributes import Attributes, set_on
from remote_helpers.operation import OperationError

NEW_FILE = 0o644
"""As Ansible's, with the usual umask: what nobody said a mode for."""


def replace(path: str, content: bytes, wanted: Attributes) -> None:
    """Through a link to what it points at, as a person's editor would do it."""
    path = os.path.realpath(path)
    folder = os.path.dirname(path)
    before: Optional[os.stat_result] = None
    with contextlib.suppress(FileNotFoundError):
        before = os.stat(path)
    descriptor, temporary = tempfile.mkstemp(prefix=".hasys-", dir=folder)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            _as_before(temporary, path, before)
            set_on(temporary, wanted)
            file.flush()
            os.fsync(file.fileno())
        os.rename(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
    sync_folder(folder)


def sync_folder(folder: str) -> None:
    descriptor = os.open(folder or "/", os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _as_before(temporary: str, path: str, before: Optional[os.stat_result]) -> None:
    """Mode, owner and extended attributes (the SELinux context is one) of what it replaces."""
    if before is None:
        os.chmod(temporary, NEW_FILE)
        return
    os.chown(temporary, before.st_uid, before.st_gid)
    os.chmod(temporary, stat.S_IMODE(before.st_mode))
    for name in _extended(path):
        # a file system may refuse what the kernel keeps for itself
        with contextlib.suppress(OSError):
            os.setxattr(temporary, name, os.getxattr(path, name))


def _extended(path: str) -> List[str]:
    try:
        return os.listxattr(path)
    except OSError:
        return []


def read(path: str, limit: int) -> bytes:
    """Raises OperationError for what is larger."""
    with open(path, "rb") as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        message = "{} is larger than {} bytes".format(path, limit)
        raise OperationError("failed", message)
    return content
