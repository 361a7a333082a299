"""Work that may take time or hang, done in threads; what comes of it is told to the loop.

The lease clock is in the loop's thread and never waits for any of these.
"""

import collections
import contextlib
import os
import select
import threading
from typing import Any, Callable, Deque, Tuple

from remote_helpers.guarding import hardening
from remote_helpers.workers import Workers

Job = Callable[[], Any]
Done = Callable[[Any], None]
"""Gets what the job returned, or the exception that it raised."""

THREADS = 64


class Background:
    """`descriptor` is readable when something has come of a job; then call `deliver`."""

    def __init__(self) -> None:
        self._workers = Workers("guard", THREADS)
        self._finished: Deque[Tuple[Done, Any]] = collections.deque()
        self._lock = threading.Lock()
        self.descriptor, self._wake = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)

    def submit(self, job: Job, done: Done) -> None:
        def work() -> None:
            with contextlib.suppress(OSError):
                hardening.run_first(hardening.ASIDE)
            try:
                result = job()
            except Exception as problem:
                result = problem
            self._finished.append((done, result))
            self.wake()

        try:
            self._workers.submit(work)
        except RuntimeError as problem:  # no thread to be had
            self._finished.append((done, problem))
            self.wake()

    def wake(self) -> None:
        """From any thread or signal handler."""
        with contextlib.suppress(BlockingIOError):  # full: it will wake anyhow
            os.write(self._wake, b"x")

    def deliver(self) -> None:
        if select.select([self.descriptor], [], [], 0)[0]:
            os.read(self.descriptor, 4096)
        while self._finished:
            done, result = self._finished.popleft()
            done(result)
