"""Threads for operations: as many as are needed at once, up to a bound."""

import queue
import threading
from typing import Callable


class Workers:
    """Runs jobs in threads that stay for the next job; over the bound, jobs wait in line."""

    def __init__(self, name: str, limit: int) -> None:
        self._name = name
        self._limit = limit
        self._count = 0
        self._idle = 0
        self._lock = threading.Lock()
        self._jobs: "queue.Queue[Callable[[], None]]" = queue.Queue()

    def submit(self, job: Callable[[], None]) -> None:
        """`job` must not raise. RuntimeError: the server has no thread to give, and nobody is there
        to take the job later.
        """
        with self._lock:
            self._jobs.put(job)
            if self._idle > 0:
                self._idle -= 1
                return
            if self._count >= self._limit:
                return
            self._count += 1
            name = "{}-{}".format(self._name, self._count)
        try:
            threading.Thread(target=self._work, name=name, daemon=True).start()
        except RuntimeError:
            with self._lock:
                self._count -= 1
                if self._count == 0:
                    self._jobs.get()
                    raise

    def _work(self) -> None:
        while True:
            self._jobs.get()()
            with self._lock:
                if self._jobs.empty():
                    self._idle += 1
