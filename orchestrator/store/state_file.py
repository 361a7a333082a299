"""The state file as a file: made whole or not at all, and refused when a part of it is missing."""

import contextlib
import fcntl
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from orchestrator.errors import HasysError
from orchestrator.store.migrations import MIGRATIONS

_HEADER_BYTES = 100
_MAGIC = b"SQLite format 3"


class StoreUnusable(HasysError):
    """The state file cannot be opened, read or written; nothing may be done without it."""

    exit_code = 1


def opened(path: Path) -> sqlite3.Connection:
    """Raises StoreUnusable when the file is damaged, read-only or from a newer version."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _one_at_a_time(path.parent):
            if path.exists():
                _must_be_whole(path)
            else:
                _create(path)
            return _newest(path, _connected(path))
    except OSError as error:
        raise StoreUnusable(
            f"state directory {path.parent}: {error.strerror}",
            hint="choose another with --state DIR or HASYS_STATE",
        ) from error


@contextlib.contextmanager
def _one_at_a_time(directory: Path) -> Iterator[None]:
    """A daemon and a command that both start first must not see each other's half-made file."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _create(path: Path) -> None:
    """Under another name first: a crash in the middle must not leave what looks like a loss."""
    unfinished = path.with_name(f"{path.name}.new")
    unfinished.unlink(missing_ok=True)
    # Variables of runs stand in it: for nobody else to read.
    os.close(os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    _newest(path, _connected(unfinished)).close()
    unfinished.replace(path)


def _connected(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=5.0, isolation_level="IMMEDIATE")
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def _must_be_whole(path: Path) -> None:
    """A file that was cut short is refused now: what is left of it may look like a state."""
    if not os.access(path, os.R_OK | os.W_OK):
        raise StoreUnusable(
            f"state file {path} may not be written by this user, or lies on a read-only disk",
            hint="run hasys as its owner, or choose another with --state DIR",
        )
    with path.open("rb") as file:
        header = file.read(_HEADER_BYTES)
    if header[: len(_MAGIC)] != _MAGIC[: len(header)]:
        return  # whatever it is, SQLite says so
    # In this order: another process may be moving pages out of its log, the first page first.
    # Pages that are not here yet are in the log for as long as there is one.
    has_log = _size(path.with_name(f"{path.name}-wal")) > 0
    size = path.stat().st_size
    if len(header) < _HEADER_BYTES or (size < _promised(header) and not has_log):
        raise StoreUnusable(
            f"state file {path} was cut short: it has {size} bytes",
            hint="restore it from a backup; only where this controller never ran a group "
            "may it be removed",
        )


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _promised(header: bytes) -> int:
    """The size in bytes that the header speaks of: https://sqlite.org/fileformat.html, 1.3."""
    page = int.from_bytes(header[16:18], "big")
    return int.from_bytes(header[28:32], "big") * (65536 if page == 1 else page)


def _newest(path: Path, connection: sqlite3.Connection) -> sqlite3.Connection:
    """Brought to the newest form."""
    try:
        _migrate(path, connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _migrate(path: Path, connection: sqlite3.Connection) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > len(MIGRATIONS):
        raise StoreUnusable(
            f"state file {path} is of version {version}, this hasys knows up to {len(MIGRATIONS)}",
            hint="use the newer hasys, or another state directory",
        )
    for number in range(version, len(MIGRATIONS)):
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            for statement in MIGRATIONS[number]:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number + 1}")
