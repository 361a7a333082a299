"""What is late or not wanted any more is ended on the server, with everything it started."""

import asyncio
import contextlib
import time
import uuid
from collections.abc import Callable

import psutil
import pytest

from orchestrator.transport import Done, Failed, FailureKind, Reign, SshTransport
from tests.transport.conftest import Call


def survivors(mark: str) -> list[psutil.Process]:
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if any(mark in word for word in process.info["cmdline"] or [])
    ]


async def until(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came true"
        await asyncio.sleep(0.01)


@pytest.fixture
def mark() -> str:
    """A word on the command lines of one test's processes."""
    return uuid.uuid4().hex


def stubborn(mark: str) -> str:
    """Processes that ignore TERM, one of them in the background."""
    inner = f"sh -c 'trap \"\" TERM; while :; do sleep 1; done' {mark}"
    return f"{inner} & {inner}; echo never # {mark}"


async def test_the_deadline_kills_the_whole_process_group(call: Call, raised: Reign, mark: str):
    began = time.monotonic()

    reply = await call("run", reign=raised, shell=stubborn(mark), deadline_s=1)

    assert isinstance(reply, Failed)
    assert reply.kind is FailureKind.TIMED_OUT
    assert time.monotonic() - began < 2.5
    assert survivors(mark) == []


async def test_cancelling_the_call_ends_the_operation(call: Call, raised: Reign, mark: str):
    task = asyncio.create_task(call("run", reign=raised, shell=stubborn(mark), deadline_s=60))
    await until(lambda: len(survivors(mark)) >= 3)

    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task

    assert task.cancelled()
    await until(lambda: survivors(mark) == [])
    assert isinstance(await call("ping"), Done)


async def test_the_end_of_the_session_ends_what_is_in_progress(
    call: Call, transport: SshTransport, raised: Reign, mark: str
):
    task = asyncio.create_task(call("run", reign=raised, shell=stubborn(mark), deadline_s=60))
    await until(lambda: len(survivors(mark)) >= 3)

    await transport.close()

    await until(lambda: survivors(mark) == [])
    await task


async def test_a_background_process_that_keeps_the_output_open_delays_nothing(
    call: Call, raised: Reign, mark: str
):
    began = time.monotonic()

    reply = await call(
        "run", reign=raised, shell=f"sh -c 'sleep 60' {mark} & echo started", deadline_s=20
    )

    assert isinstance(reply, Done)
    assert reply.data["stdout"] == "started\n"
    assert time.monotonic() - began < 5
    for process in survivors(mark):
        for each in [*process.children(), process]:
            each.kill()
