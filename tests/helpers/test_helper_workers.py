"""Threads for operations: bounded, reused, and honest when the server has none to give."""

import threading
import time

import pytest

from remote_helpers.workers import Workers


def test_jobs_run_at_once_up_to_the_bound_and_the_rest_in_turn():
    workers = Workers("test", 3)
    together = threading.Barrier(3, timeout=5)
    done: list[int] = []
    finished = threading.Event()

    def job(number: int) -> None:
        together.wait()
        done.append(number)
        if len(done) == 9:
            finished.set()

    for number in range(9):
        workers.submit(lambda number=number: job(number))

    assert finished.wait(5)
    assert sorted(done) == list(range(9))


def test_a_thread_is_used_again():
    workers = Workers("test", 10)
    names: set[str] = set()
    for _ in range(20):
        done = threading.Event()

        def job(done: threading.Event = done) -> None:
            names.add(threading.current_thread().name)
            done.set()

        workers.submit(job)
        assert done.wait(5)
        time.sleep(0.002)

    assert len(names) < 10


def test_without_any_thread_it_says_so_and_with_one_it_waits(monkeypatch: pytest.MonkeyPatch):
    ran = threading.Event()
    blocked = threading.Event()
    workers, empty = Workers("test", 10), Workers("empty", 10)
    workers.submit(lambda: (blocked.wait(5), None)[1])

    def refuse(_self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with pytest.raises(RuntimeError, match="thread"):
        empty.submit(ran.set)
    workers.submit(ran.set)
    blocked.set()

    assert ran.wait(5), "the job waits for the thread there is"
