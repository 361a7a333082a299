"""The SQLite file: opened, brought to the newest form, written by one thread in order.

Writers await `Database.write`; everything that queued up while a commit was on its way to the
disk goes into the next one, so steps that run side by side share an fsync.
"""

import asyncio
import functools
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from orchestrator.store.state_file import StoreUnusable, opened

T = TypeVar("T")
LINGER_S = 0.005
"""How long a queued record waits for another to share its sync with."""
Statement = tuple[str, Sequence[Any]]


class Database:
    """Open with `await Database.open(...)`; all use of the connection is in its one thread."""

    def __init__(self, path: Path, thread: Executor) -> None:
        self._path = path
        self._thread = thread
        self._connection: sqlite3.Connection | None = None
        self._waiting: list[tuple[Sequence[Statement], asyncio.Future[None]]] = []
        self._writer: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, path: Path, thread: Executor | None = None) -> "Database":
        """Raises StoreUnusable when the file is damaged, read-only or from a newer version.

        `thread`: carries out one call after the other; None: a thread of its own.
        """
        own = thread or ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        database = cls(path, own)
        try:
            await database._call(database._connect)
        except BaseException:
            await database.close()
            raise
        return database

    async def close(self) -> None:
        self._begin_writing()
        if self._writer is not None:
            await self._writer
        await self._call(self._disconnect)
        self._thread.shutdown()

    async def write(self, *statements: Statement) -> None:
        """All or nothing, and on disk when this returns."""
        done = self._append(statements)
        self._begin_writing()
        await done

    def queue(self, *statements: Statement) -> asyncio.Future[None]:
        """As `write`, but lets others join: on disk no later than what is written after it."""
        done = self._append(statements)
        asyncio.get_running_loop().call_later(LINGER_S, self._begin_writing)
        return done

    def flush(self) -> None:
        """Whatever is queued is written now."""
        self._begin_writing()

    def _append(self, statements: Sequence[Statement]) -> asyncio.Future[None]:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((statements, done))
        return done

    def _begin_writing(self) -> None:
        if self._waiting and (self._writer is None or self._writer.done()):
            # A task of its own: a writer that is cancelled must not leave the others waiting.
            self._writer = asyncio.create_task(self._drain())

    async def read(self, query: str, parameters: Sequence[Any] = ()) -> list[sqlite3.Row]:
        def fetch() -> list[sqlite3.Row]:
            return self._open_connection().execute(query, parameters).fetchall()

        return await self._call(fetch)

    async def _drain(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                await self._call(functools.partial(self._commit, batch))
            except Exception as failure:  # noqa: BLE001 - whoever waits must hear of it, else hangs
                for _, done in batch:
                    if not done.done():
                        done.set_exception(failure)
            else:
                for _, done in batch:
                    if not done.done():
                        done.set_result(None)

    def _commit(self, batch: Sequence[tuple[Sequence[Statement], Any]]) -> None:
        with self._open_connection() as connection:
            for statements, _ in batch:
                for statement, parameters in statements:
                    connection.execute(statement, parameters)

    async def _call(self, function: Callable[[], T]) -> T:
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._thread, function)
        except sqlite3.Error as error:
            raise StoreUnusable(
                f"state file {self._path}: {error}",
                hint="free space or restore the file; nothing was done that is not recorded",
            ) from error

    def _connect(self) -> None:
        self._connection = opened(self._path)

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _open_connection(self) -> sqlite3.Connection:
        if self._connection is None:
            raise StoreUnusable(f"state file {self._path} is closed")
        return self._connection
