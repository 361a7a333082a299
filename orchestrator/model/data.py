"""What was seen of the data that a resource carries, beside started or stopped."""

import dataclasses

from remote_helpers.replication.words import Replication


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FileSystemUse:
    """Of a mounted file system."""

    size_bytes: int
    free_bytes: int
    inodes: int
    """0: it does not count them."""
    inodes_free: int
    canary_s: float | None
    """How long a small write took to reach the disk; None: none was tried this time."""

    @property
    def used_percent(self) -> float:
        return _percent(self.size_bytes, self.free_bytes)

    @property
    def inodes_used_percent(self) -> float:
        return _percent(self.inodes, self.inodes_free)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SharedDisk:
    """Of a volume group that is active here."""

    devices: tuple[str, ...]
    system_id: str
    """Whose it is by its own metadata, as when it was activated here."""
    reserved: bool | None
    """Whether its disks are reserved by this server; None: no reservation is wanted."""
    read_s: float | None
    """How long a read of one block took, on the slowest of its disks."""


DataFact = Replication | FileSystemUse | SharedDisk


def _percent(total: int, free: int) -> float:
    return 100.0 * (total - free) / total if total else 0.0
