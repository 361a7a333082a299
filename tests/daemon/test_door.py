"""A command line at the daemon's door: progress, answers, errors, and a wish to stop."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import pytest

from orchestrator.daemon import wire
from orchestrator.daemon.client import Daemon, DaemonGone, found
from orchestrator.daemon.look import Look
from orchestrator.daemon.server import listening
from orchestrator.errors import Busy
from orchestrator.executor.progress import PlayStarted, Progress, StepEnded
from orchestrator.model import Monotonic, Outcome, Reason, Refusal, Status, StepId
from orchestrator.playbooks.model import Playbook
from orchestrator.runtime.order import Caller, Order, Stoppable
from orchestrator.runtime.wishes import Wished, WishKind
from orchestrator.transport import Done, Failed, FailureKind, Unreachable, UnreachableKind
from tests.support.builders import LINUX1, LINUX2, a_group

PROGRESS: tuple[Progress, ...] = (
    PlayStarted(name="Stop on the source", servers=(LINUX1,)),
    StepEnded(
        step=StepId("1/site@linux1"),
        title="stop site",
        server=LINUX1,
        outcome=Outcome(status=Status.CHANGED, message="gone", result={"pids": [7]}, took_s=0.1),
        replayed=False,
    ),
)
NO = Refusal(reason=Reason.ALREADY_THERE, evidence="linux2 is ACTIVE already", advice="none")


class Run:
    def __init__(self) -> None:
        self.stopped = asyncio.Event()

    def stop(self) -> None:
        self.stopped.set()


def an_order() -> Order:
    return Order(
        group=a_group(),
        playbook=Playbook(
            name="switchover", file="switchover.yaml", text="[]", digest="d", plays=()
        ),
        wish=Wished(kind=WishKind.SWITCHOVER, server=LINUX2),
        by="kim",
    )


def nobody() -> Caller:
    return Caller(report=lambda _: None, may_stop=lambda _: None)


async def test_progress_and_refusals_come_through_as_they_were_said(tmp_path):
    asked: list[wire.Asked] = []

    async def answer(request: Mapping[str, Any], caller: Caller) -> Mapping[str, Any]:
        asked.append(wire.asked_from_json(request["order"]))
        for one in PROGRESS:
            caller.report(one)
        return wire.result_to_json((NO,))

    seen: list[Progress] = []
    async with listening(tmp_path / wire.SOCKET, answer):
        daemon = await found(tmp_path)
        assert daemon is not None
        caller = Caller(report=seen.append, may_stop=lambda _: None)
        assert await daemon.carry_out(an_order(), caller) == (NO,)
    assert tuple(seen) == PROGRESS
    assert asked[0].wish == Wished(kind=WishKind.SWITCHOVER, server=LINUX2)
    assert (asked[0].group, asked[0].by, asked[0].text) == ("web", "kim", "[]")


async def test_an_error_keeps_its_words_and_its_exit_code(tmp_path):
    async def answer(request: Mapping[str, Any], caller: Caller) -> Mapping[str, Any]:
        raise Busy("group web is held for switchover by lee", hint="wait for it to end")

    async with listening(tmp_path / wire.SOCKET, answer):
        with pytest.raises(wire.DaemonSaysNo) as error:
            await Daemon(path=tmp_path / wire.SOCKET).ask({"op": "standing", "group": "web"})
    assert error.value.exit_code == Busy.exit_code
    assert "held for switchover by lee" in error.value.message
    assert error.value.hint == "wait for it to end"


async def test_a_wish_to_stop_reaches_the_run(tmp_path):
    run = Run()

    async def answer(request: Mapping[str, Any], caller: Caller) -> Mapping[str, Any]:
        caller.may_stop(run)
        await run.stopped.wait()
        return wire.result_to_json((NO,))

    def stop_at_once(distant: Stoppable) -> None:
        distant.stop()

    async with listening(tmp_path / wire.SOCKET, answer):
        caller = Caller(report=lambda _: None, may_stop=stop_at_once)
        await Daemon(path=tmp_path / wire.SOCKET).carry_out(an_order(), caller)
    assert run.stopped.is_set()


async def test_a_daemon_that_goes_in_the_middle_is_no_silent_success(tmp_path):
    async def leave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.close()

    server = await asyncio.start_unix_server(leave, tmp_path / wire.SOCKET)
    async with server:
        with pytest.raises(DaemonGone):
            await Daemon(path=tmp_path / wire.SOCKET).ask({"op": "standing", "group": "web"})


async def test_a_daemon_that_goes_before_it_is_asked_is_no_traceback(tmp_path):
    """It was found a moment ago, and killed since: nobody listens, or the kernel ends the talk."""
    with pytest.raises(DaemonGone):
        await Daemon(path=tmp_path / wire.SOCKET).ask({"op": "standing", "group": "web"})

    async def reset(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.05)  # what was sent is not read
        writer.transport.abort()

    server = await asyncio.start_unix_server(reset, tmp_path / wire.SOCKET)
    async with server:
        with pytest.raises(DaemonGone):
            await Daemon(path=tmp_path / wire.SOCKET).ask({"op": "standing", "group": "web"})


@pytest.mark.parametrize(
    "reply",
    [
        Done(data={"resources": {"site": {"state": "started"}}}, took_s=0.1, through=LINUX2),
        Failed(kind=FailureKind.TIMED_OUT, message="late", detail={"deadline_s": 3}),
        Unreachable(kind=UnreachableKind.NO_ROUTE, message="no route", sent=True),
    ],
)
def test_what_a_server_answered_comes_through_as_it_was(reply):
    seen = Look(reply=reply, at=Monotonic(12.5))
    assert wire.look_from_json(json.loads(json.dumps(wire.look_to_json(seen)))) == seen


async def test_where_nobody_listens_there_is_no_daemon(tmp_path):
    assert await found(tmp_path) is None
    (tmp_path / wire.SOCKET).touch()
    assert await found(tmp_path) is None, "a socket that a killed daemon left behind"


async def test_the_door_is_for_its_owner_alone(tmp_path):
    async def answer(request: Mapping[str, Any], caller: Caller) -> Mapping[str, Any]:
        return {}

    async with listening(tmp_path / wire.SOCKET, answer):
        assert (tmp_path / wire.SOCKET).stat().st_mode & 0o777 == 0o600
    assert not (tmp_path / wire.SOCKET).exists()


def test_what_is_no_order_is_refused():
    with pytest.raises(ValueError, match="not an order"):
        wire.asked_from_json({"group": "web"})


@pytest.mark.parametrize("said", [NO, None])
async def test_what_a_start_would_be_told_is_asked_for_a_plan(tmp_path, said):
    async def answer(request: Mapping[str, Any], caller: Caller) -> Mapping[str, Any]:
        assert (request["op"], request["group"], request["server"]) == ("foresee", "web", LINUX2)
        return {} if said is None else {"refused": wire.refusal_to_json(said)}

    async with listening(tmp_path / wire.SOCKET, answer):
        daemon = await found(tmp_path)
        assert daemon is not None
        assert await daemon.foresee("web", LINUX2) == said
