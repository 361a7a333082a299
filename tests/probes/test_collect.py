"""Both servers are asked at once; the silence of one holds the other up until the deadline only."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping

import pytest

from orchestrator.model import ResourceState, Seen, ServerName, Unknown, UnknownReason
from orchestrator.probes.collect import collect, look
from orchestrator.transport import Done, Reply, Request
from tests.support.builders import LINUX1, LINUX2, a_group
from tests.support.clock import JumpingClock

GROUP = a_group()


class Servers:
    """Each answers after its own time; what is called off is remembered."""

    def __init__(self, answer_after_s: Mapping[ServerName, float]) -> None:
        self.answer_after_s = answer_after_s
        self.called_off: list[ServerName] = []

    async def call(self, server: ServerName, request: Request) -> Reply:
        try:
            await asyncio.sleep(self.answer_after_s[server])
        except asyncio.CancelledError:
            self.called_off.append(server)
            raise
        states = {one["name"]: {"state": "stopped"} for one in request.args["resources"]}
        return Done(data={"resources": states, "epoch": None, "facts": {}}, took_s=0.0)

    async def close(self) -> None: ...


async def test_both_are_asked_at_once():
    began = time.monotonic()
    view = await collect(GROUP, Servers({LINUX1: 0.5, LINUX2: 0.5}), JumpingClock())

    assert time.monotonic() - began < 0.9
    assert [one.server for one in view.servers] == [LINUX1, LINUX2]
    for server in view.servers:
        assert isinstance(server.reach, Seen)
        assert {seen.value for seen in server.resources.values() if isinstance(seen, Seen)} == {
            ResourceState.STOPPED
        }


async def test_a_server_that_is_silent_is_unknown_at_the_deadline_and_the_other_is_seen():
    servers = Servers({LINUX1: 60.0, LINUX2: 0.01})
    began = time.monotonic()
    view = await collect(GROUP, servers, JumpingClock(), deadline_s=0.2)

    assert time.monotonic() - began < 5.0
    silent = view.of(LINUX1)
    assert silent.reach == Unknown(
        reason=UnknownReason.TIMED_OUT, at=view.taken_at, detail="no answer within 0.2 s"
    )
    assert all(isinstance(seen, Unknown) for seen in silent.resources.values())
    assert isinstance(view.of(LINUX2).reach, Seen)
    assert servers.called_off == [LINUX1]


async def test_facts_are_as_old_as_the_question():
    clock = JumpingClock()
    view = await collect(GROUP, Servers({LINUX1: 0.01, LINUX2: 0.01}), clock)

    assert view.taken_at == clock.now
    assert {server.reach.at for server in view.servers} == {clock.now}


async def test_one_server_can_be_looked_at_alone():
    servers = Servers({LINUX1: 0.0})
    view = await look(GROUP, LINUX1, servers, JumpingClock())

    assert view.server == LINUX1
    assert isinstance(view.reach, Seen)


async def test_calling_it_off_calls_both_questions_off():
    servers = Servers({LINUX1: 60.0, LINUX2: 60.0})
    collecting = asyncio.create_task(collect(GROUP, servers, JumpingClock()))
    await asyncio.sleep(0.05)
    collecting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await collecting

    assert sorted(servers.called_off) == [LINUX1, LINUX2]
