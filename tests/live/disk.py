"""A disk that both servers of a lab can reach: an image on this machine, as a loop device."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from tests.lab.namespaces.lab import NamespacesLab
from tests.lab.namespaces.server import Server
from tests.lab.programs import run

DEVICE = "/dev/shared"


@contextlib.contextmanager
def shared(lab: NamespacesLab, directory: Path) -> Iterator[str]:
    """An ext4 file system under `DEVICE` on both servers. They cannot make devices themselves."""
    image = directory / "disk.img"
    with image.open("wb") as file:
        file.truncate(32 * 1024 * 1024)
    run(["mkfs.ext4", "-q", "-F", str(image)])
    device = run(["losetup", "--find", "--show", str(image)]).strip()
    try:
        for server in lab.description.servers:
            pid = Server(lab.record, server.name).pid()
            number = Path(device).stat().st_rdev
            os.mknod(f"/proc/{pid}/root{DEVICE}", stat.S_IFBLK | 0o600, number)
        yield DEVICE
    finally:
        run(["losetup", "--detach", device])  # where it is still mounted: when it no longer is
