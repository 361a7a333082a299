"""What is asked over a real OpenSSH server comes back, whatever it contains."""

import asyncio
import time

from orchestrator.model import ServerName
from orchestrator.transport import Done, Failed, FailureKind, Reign, Request, SshTransport
from tests.transport.conftest import Call
from tests.transport.sshd import Sshd


async def test_the_helper_answers(call: Call):
    assert isinstance(await call("ping"), Done)


async def test_a_command_gives_its_output_and_exit_code(call: Call, raised: Reign):
    reply = await call("run", reign=raised, shell="echo out; echo err >&2; exit 3")

    assert isinstance(reply, Done)
    assert reply.data == {"rc": 3, "stdout": "out\n", "stderr": "err\n", "truncated": False}


async def test_a_command_gets_what_it_is_given(call: Call, raised: Reign):
    reply = await call(
        "run",
        reign=raised,
        argv=["sh", "-c", 'cat; echo "$WORD"; pwd'],
        stdin="안녕\n",
        environment={"WORD": "hello"},
        directory="/",
    )

    assert isinstance(reply, Done)
    assert reply.data["stdout"] == "안녕\nhello\n/\n"


async def test_bytes_that_are_not_utf8_do_not_break_the_connection(call: Call, raised: Reign):
    reply = await call("run", reign=raised, shell=r"printf 'a\377b'; printf '\377' >&2")

    assert isinstance(reply, Done)
    assert reply.data["stdout"] == "a\N{REPLACEMENT CHARACTER}b"
    assert isinstance(await call("ping"), Done)


async def test_a_hundred_megabytes_of_output_are_cut_not_carried(call: Call, raised: Reign):
    shell = "head -c 100000000 /dev/zero | tr '\\0' x; echo end >&2"
    reply = await call("run", reign=raised, shell=shell, output_limit=1000)

    assert isinstance(reply, Done)
    assert reply.data["stdout"] == "x" * 1000
    assert reply.data["truncated"] is True
    assert reply.data["stderr"] == "end\n"


async def test_many_requests_are_in_flight_at_once(call: Call, raised: Reign):
    began = time.monotonic()

    replies = await asyncio.gather(
        *(call("run", reign=raised, shell=f"sleep 0.5; echo {n}") for n in range(20))
    )

    assert [reply.data["stdout"] for reply in replies if isinstance(reply, Done)] == [
        f"{n}\n" for n in range(20)
    ]
    assert time.monotonic() - began < 5, "they ran one after the other"


async def test_questions_do_not_wait_behind_changes(
    call: Call, transport: SshTransport, raised: Reign
):
    slow = [
        asyncio.create_task(call("run", reign=raised, shell="sleep 30", deadline_s=60))
        for _ in range(40)  # more than there are threads for changes
    ]
    began = time.monotonic()

    args = {"group": "web", "resources": [], "deadline_s": 5}
    reply = await transport.call(ServerName("linux1"), Request(op="poll", args=args, deadline_s=5))

    assert isinstance(reply, Done)
    assert reply.data["epoch"]["promised"] == 3
    assert time.monotonic() - began < 5
    for task in slow:
        task.cancel()
    await asyncio.wait(slow)


async def test_calls_that_come_while_connecting_share_the_connection(
    sshd: Sshd, transport: SshTransport
):
    before = {one.pid for one in sshd.helpers()}
    ping = Request(op="ping", deadline_s=10)

    await asyncio.gather(*(transport.call(ServerName("linux1"), ping) for _ in range(10)))

    assert len({one.pid for one in sshd.helpers()} - before) == 1


async def test_what_cannot_be_sent_is_refused_here(call: Call):
    reply = await call("ping", argument=object())

    assert isinstance(reply, Failed)
    assert reply.kind is FailureKind.BAD_REQUEST


async def test_an_unknown_operation_is_refused_there(call: Call):
    reply = await call("no.such.operation")

    assert isinstance(reply, Failed)
    assert reply.kind is FailureKind.BAD_REQUEST
    assert "no.such.operation" in reply.message


async def test_facts_come_from_the_server(call: Call):
    reply = await call("facts")

    assert isinstance(reply, Done)
    assert reply.data["cpus_online"] >= 1
