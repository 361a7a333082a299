"""Which way calls go while the direct one is silent; what SSH does is proven in the labs."""

from __future__ import annotations

import asyncio
import json

import pytest

from orchestrator.model import Login, Server, ServerName
from orchestrator.transport import Done, Reply, Request, Unreachable
from orchestrator.transport.helper import Helper
from orchestrator.transport.link import Link
from orchestrator.transport.way import Opened, Opening, Through

ONE, TWO = ServerName("one"), ServerName("two")
POLL = Request(op="poll", deadline_s=5.0)


class Server1:
    """The helper's end of a line in memory: answers at once, or holds everything back."""

    def __init__(self, name: str, log: list[str]) -> None:
        self.mute = False
        self.name = name
        self.helper = Helper(name)
        self._log = log
        hello = {"protocol": 1, "boot_id": f"{name}-boot", "hostname": name}
        self.helper.attach(self)
        self.helper.feed(json.dumps({"hello": hello}).encode() + b"\n")

    def write(self, data: bytes) -> None:
        if self.mute:
            return
        for line in data.splitlines():
            number = json.loads(line)["id"]
            answer = {"id": number, "ok": True, "data": {"by": self.name}, "took_ms": 0.1}
            asyncio.get_running_loop().call_soon(
                self.helper.feed, json.dumps(answer).encode() + b"\n"
            )

    def close(self) -> None:
        self._log.append(f"{self.name} closed")

    async def wait_closed(self) -> None:
        pass


class Stage:
    """Servers one and two, each with a direct way; one also through two."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.ends: dict[str, Server1] = {}
        self.detour_takes_s = 0.0
        opening = Opening(accept_new=False, state="", on_push=lambda _: None)
        self.one, self.two = (
            Link(Server(name=name, login=Login(address="192.0.2.1")), opening, self.connect)
            for name in (ONE, TWO)
        )
        self.one.peer, self.two.peer = self.two, self.one
        self.one.addresses = ("192.0.2.11",)

    async def connect(self, server: Server, _: Opening, through: Through | None) -> Opened:
        name = server.name if through is None else f"{server.name} through {through.peer}"
        self.log.append(name)
        if through is not None:
            await asyncio.sleep(self.detour_takes_s)
        self.ends[name] = Server1(name, self.log)
        return Opened(helper=self.ends[name].helper, connection=object())

    async def close(self) -> None:
        await self.one.close()
        await self.two.close()


@pytest.fixture
async def stage():
    found = Stage()
    yield found
    await found.close()


def by(reply: Reply) -> str:
    assert isinstance(reply, Done)
    return str(reply.data["by"])


async def ask_all_the_time(link: Link, until_by: str) -> list[Reply]:
    """Many callers at once, as a loop has them; until one is answered on the way that is meant."""
    replies: list[Reply] = []

    async def caller() -> None:
        while not any(isinstance(one, Done) and by(one) == until_by for one in replies):
            replies.append(await link.call(POLL))
            await asyncio.sleep(0.01)

    async with asyncio.timeout(20):
        await asyncio.gather(*(caller() for _ in range(5)))
    return replies


async def test_a_direct_way_that_answers_needs_no_detour(stage: Stage):
    assert by(await stage.one.call(POLL)) == "one"

    assert stage.log == ["one"]
    assert stage.one.through is None


async def test_calls_go_around_a_silent_helper_although_others_go_on_asking(stage: Stage):
    """A call that comes while the detour is being opened must not call it off."""
    stage.detour_takes_s = 0.3
    await stage.one.call(POLL)
    stage.ends["one"].mute = True
    first = asyncio.create_task(stage.one.call(POLL))

    await ask_all_the_time(stage.one, "one through two")

    gone = await first
    assert isinstance(gone, Unreachable)
    assert "silent, while it answers through two" in gone.message
    assert stage.log == ["one", "two", "one through two"]
    assert stage.one.through == TWO


async def test_a_helper_that_is_heard_again_is_taken_again(stage: Stage):
    await stage.one.call(POLL)
    direct = stage.ends["one"]
    direct.mute = True
    await ask_all_the_time(stage.one, "one through two")

    direct.mute = False
    # The ping that found it silent was held back on the way, and arrives now.
    direct.write(b'{"id": %d}\n' % direct.helper._next)
    await ask_all_the_time(stage.one, "one")

    assert stage.one.through is None
    assert "one through two closed" in stage.log


async def test_a_slow_answer_with_a_ping_that_comes_back_is_no_silence(stage: Stage):
    """A start that takes its time: the helper itself is there."""
    await stage.one.call(POLL)
    direct = stage.ends["one"]
    direct.mute = True
    slow = asyncio.create_task(stage.one.call(POLL))
    await asyncio.sleep(0.05)
    direct.mute = False  # from here on it answers, but not the call from before
    async with asyncio.timeout(20):
        while direct.helper._next < 3:  # noqa: ASYNC110 - until it was pinged
            await asyncio.sleep(0.01)

    direct.write(b'{"id": 2}\n')

    assert by(await slow) == "one"
    assert stage.log == ["one"]
