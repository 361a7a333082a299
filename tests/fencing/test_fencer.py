"""A server counts as off when it was told and read back; everything else is a refusal."""

from __future__ import annotations

import asyncio
import dataclasses
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.clock import SystemClock
from orchestrator.fencing import Agents, Fenced, Fencer, NotFenced, Power, result_of
from orchestrator.model import FenceDevice, Reason, Secret, ServerName
from remote_helpers.protocol.words import Reign
from tests.fencing import devices
from tests.fencing.devices import agent, dummy, needs_agents, orders

ONE = ServerName("one")
REIGN = Reign(epoch=7, controller="c", nonce="n", server="one", boot="b")


def fencer(*found: FenceDevice, environment: dict[str, str] | None = None) -> Fencer:
    variables = dict(os.environ) if environment is None else environment
    return Fencer({ONE: found}, Agents(variables), SystemClock())


async def refused(*found: FenceDevice) -> NotFenced:
    outcome = await fencer(*found).fence(ONE)
    assert isinstance(outcome, NotFenced)
    return outcome


@needs_agents
async def test_a_device_that_obeys_and_says_so_has_fenced_the_server(tmp_path: Path):
    device = dummy(tmp_path / "plug")

    outcome = await fencer(device).fence(ONE)

    assert isinstance(outcome, Fenced)
    assert (tmp_path / "plug").read_text().strip() == "off"
    assert [(one.action.value, one.saw) for one in outcome.attempts] == [
        ("off", "it says that it switched off"),
        ("status", "it is off"),
    ]
    proof = result_of(outcome, REIGN)
    assert (proof.server, proof.asked_for, proof.off) == (ONE, REIGN, True)


@needs_agents
async def test_a_server_that_was_fenced_can_be_switched_on_again(tmp_path: Path):
    pair = fencer(dummy(tmp_path / "plug"))
    await pair.fence(ONE)

    (on,) = await pair.switch_on(ONE)

    assert on.power is Power.ON
    assert [one.power for one in await pair.status(ONE)] == [Power.ON]
    assert [one.done for one in await pair.monitor(ONE)] == [True]


@pytest.mark.parametrize(
    ("body", "saw"),
    [
        (devices.LIES, "status: it still reads on"),
        (devices.FORGETS, "status: it cannot tell whether it is off: ERROR: connection lost"),
        (devices.REFUSES, "off: Unable to connect/login to fencing device"),
        ("exit 1", "off: exit code 1, without a word"),
        ("exit 2", "off: exit code 2, without a word"),
        ("kill -9 $$", "off: exit code -9, without a word"),
    ],
    ids=["lies", "forgets", "refuses", "fails", "off-is-not-status", "dies"],
)
async def test_anything_less_is_a_refusal_with_what_was_seen(tmp_path: Path, body: str, saw: str):
    outcome = await refused(agent(tmp_path, "device", body))

    assert outcome.refusal.reason is Reason.FENCE_FAILED
    assert outcome.refusal.evidence.endswith(saw)
    assert "fence_device 192.0.2.11 (level 1)" in outcome.refusal.evidence
    assert not result_of(outcome, REIGN).off


async def test_a_device_that_hangs_is_given_up_and_its_children_are_killed(tmp_path: Path):
    body = f'sleep 600 & echo $! > {tmp_path}/child; echo "half a word"; wait'
    outcome = await refused(agent(tmp_path, "slow", body, timeout_s=0.3))

    assert outcome.refusal.evidence.endswith("off: timed out after 0.3 s")
    assert outcome.may_still_act, "a slow device may carry the order out later"
    child = int((tmp_path / "child").read_text())
    await until_gone(child)


async def test_what_an_agent_leaves_running_does_not_delay_the_answer(tmp_path: Path):
    body = f"sleep 600 & echo $! >> {tmp_path}/children\n{devices.OBEYS}"

    outcome = await fencer(agent(tmp_path, "careless", body, timeout_s=60)).fence(ONE)

    assert isinstance(outcome, Fenced)
    assert outcome.took_s < 60
    for child in (tmp_path / "children").read_text().split():
        await until_gone(int(child))


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - other processes set no event here
            await asyncio.sleep(0.01)


async def until_gone(pid: int) -> None:
    """Killed, and perhaps not collected yet by whoever inherited it."""
    await until(lambda: _state(pid) in ("Z", ""))


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return ""


async def test_cancelled_it_kills_the_agent(tmp_path: Path):
    body = f"echo $$ > {tmp_path}/agent; exec sleep 600"
    asking = asyncio.create_task(fencer(agent(tmp_path, "slow", body)).fence(ONE))
    await until(lambda: (tmp_path / "agent").exists() and bool((tmp_path / "agent").read_text()))

    asking.cancel()
    await asyncio.wait([asking])

    assert asking.cancelled()
    await until_gone(int((tmp_path / "agent").read_text()))


async def test_a_flood_of_output_is_read_and_only_its_end_kept(tmp_path: Path):
    body = "head -c 3000000 /dev/zero | tr '\\0' 'x'; echo; echo the end; exit 1"

    outcome = await refused(agent(tmp_path, "chatty", body))

    assert outcome.refusal.evidence.endswith("off: the end")


async def test_the_next_level_is_tried_where_one_does_not_switch_off(tmp_path: Path):
    first = agent(tmp_path, "board", devices.REFUSES)
    second = dataclasses.replace(agent(tmp_path, "strip", devices.OBEYS), level=2)

    outcome = await fencer(second, first).fence(ONE)

    assert isinstance(outcome, Fenced)
    assert [(one.level, one.done) for one in outcome.attempts] == [
        (1, False),
        (2, True),
        (2, True),
    ]
    assert orders(tmp_path, "strip") == ["off", "status"]


async def test_all_devices_of_one_level_must_read_off(tmp_path: Path):
    left = agent(tmp_path, "left", devices.OBEYS)
    right = agent(tmp_path, "right", devices.LIES)

    outcome = await refused(left, right)

    assert outcome.refusal.evidence.endswith("status: it still reads on")
    assert orders(tmp_path, "left") == ["off", "status"]
    assert orders(tmp_path, "right") == ["off", "status"]


async def test_two_supplies_are_both_told_before_either_is_asked(tmp_path: Path):
    log = f'echo "$0 $opt_action" | sed "s,.*/fence_,," >> {tmp_path}/order\n'
    pair = [agent(tmp_path, name, log + devices.OBEYS) for name in ("left", "right")]

    await fencer(*pair).fence(ONE)

    assert (tmp_path / "order").read_text().splitlines() == [
        "left off",
        "right off",
        "left status",
        "right status",
    ]


async def test_without_a_device_nothing_was_sent():
    outcome = await refused()

    assert outcome.refusal.reason is Reason.FENCE_NEEDED
    assert not outcome.may_still_act


async def test_an_agent_that_is_not_installed_says_what_to_install():
    outcome = await refused(FenceDevice(agent="fence_of_nobody"))

    assert "fence_of_nobody is not installed on this controller" in outcome.refusal.evidence
    assert not outcome.may_still_act


async def test_a_delay_comes_before_the_order(tmp_path: Path):
    device = agent(tmp_path, "late", devices.OBEYS, delay_s=0.2, timeout_s=5)
    pair = fencer(device)

    outcome = await pair.fence(ONE)

    assert outcome.took_s >= 0.2
    assert pair.longest_s(ONE) == pytest.approx(10.2)


async def test_a_secret_reaches_the_agent_by_stdin_and_nobody_else(tmp_path: Path):
    file = tmp_path / "password"
    file.write_text("hunter2\nsecond line\n")
    file.chmod(0o600)
    body = f"""
tr '\\0' ' ' < /proc/$$/cmdline > {tmp_path}/cmdline
tr '\\0' '\\n' < /proc/$$/environ > {tmp_path}/environment
echo "$opt_password $opt_key" > {tmp_path}/given
echo "ERROR: ipmitool -P $opt_password -k $opt_key failed" >&2; exit 1"""
    device = agent(tmp_path, "board", body)
    secrets = {"password": Secret(file=file), "key": Secret(variable="BMC_KEY")}
    device = dataclasses.replace(device, options={**device.options, **secrets})
    one = fencer(device, environment={"PATH": os.environ["PATH"], "BMC_KEY": "s3cret"})

    outcome = await one.fence(ONE)

    assert (tmp_path / "given").read_text() == "hunter2 s3cret\n"
    for place in ("cmdline", "environment"):
        text = (tmp_path / place).read_text()
        assert "hunter2" not in text, place
        assert "s3cret" not in text, place
    assert isinstance(outcome, NotFenced)
    assert outcome.refusal.evidence.endswith("off: ERROR: ipmitool -P *** -k *** failed")
    assert "hunter2" not in repr(device)


async def test_a_secret_that_cannot_be_read_is_named_and_nothing_is_sent(tmp_path: Path):
    device = agent(tmp_path, "board", devices.OBEYS)
    secret = Secret(file=tmp_path / "nowhere")
    outcome = await refused(dataclasses.replace(device, options={"password": secret}))

    assert outcome.refusal.evidence.endswith("nowhere cannot be read: No such file or directory")
    assert orders(tmp_path, "board") == []
    assert not outcome.may_still_act
