"""How a group is, for `status` and `explain`: by the daemon's look, unless it cannot be ours."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from orchestrator.cli.standing import observed
from orchestrator.daemon import wire
from orchestrator.daemon.look import Look
from orchestrator.daemon.server import listening
from orchestrator.errors import Busy
from orchestrator.model import Group, Seen, ServerName, Unknown
from orchestrator.runtime.application import Application, opened
from orchestrator.runtime.order import Caller
from orchestrator.transport import Done, PairTransport, Unreachable, UnreachableKind

EXAMPLE = Path(__file__).parents[2] / "inventory" / "example"


class ConnectedError(Exception):
    """A look of our own was begun."""


def connected(*_: Any) -> PairTransport:
    raise ConnectedError


def told_by(application: Application, group: Group, **changed: Any) -> Mapping[str, Any]:
    first, second = group.server_names
    at = application.clock.monotonic()
    looks = {
        first: Look(reply=Unreachable(kind=UnreachableKind.NO_ROUTE, message="no route"), at=at),
        second: Look(reply=Done(data={}, took_s=0.1), at=at),
    }
    return {
        "digest": application.configuration.digests[group.name],
        "looks": {name: wire.look_to_json(look) for name, look in looks.items()},
        **changed,
    }


async def seen_through(tmp_path, changed=(), *, looks_after=True):
    async with opened(EXAMPLE, tmp_path) as before:
        application = dataclasses.replace(before, connect=connected)
        group = next(iter(application.configuration.groups.values()))

        async def answer(request: Mapping[str, Any], _: Caller) -> Mapping[str, Any]:
            if not looks_after:
                raise Busy("the daemon does not look after it now")
            if request["op"] == "standing":
                return {"mode": "automatic"}
            return told_by(application, group, **dict(changed))

        async with listening(tmp_path / wire.SOCKET, answer):
            return (await observed(application, (group,)))[0], group


async def test_what_the_daemon_saw_is_shown_and_no_dead_server_is_waited_for_again(tmp_path):
    seen, group = await seen_through(tmp_path)

    first, second = (seen.status.view.of(ServerName(name)).reach for name in group.server_names)
    assert isinstance(first, Unknown)
    assert first.detail == "no route"
    assert isinstance(second, Seen)
    assert seen.standing == {"mode": "automatic"}


@pytest.mark.parametrize("changed", [{"digest": "of files since changed"}, {"looks": {}}])
async def test_another_definition_or_no_look_yet_is_a_look_of_our_own(tmp_path, changed):
    with pytest.raises(ConnectedError):
        await seen_through(tmp_path, changed.items())


async def test_a_group_that_the_daemon_does_not_look_after_is_looked_at(tmp_path):
    with pytest.raises(ConnectedError):
        await seen_through(tmp_path, looks_after=False)
