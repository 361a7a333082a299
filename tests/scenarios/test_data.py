"""Transcripts of what is thought of two copies: data/*.txt, written by `pytest --rewrite`.

Above the dashes: who was distrusted before, what each side says of its copy, as DRBD would. Below:
how the copies are, what people are told of them, whose is distrusted and why, where a start or a
move would be refused, and what a failover after silence may lose.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from orchestrator.decision import data_rules, freshness
from orchestrator.model import (
    DrbdSpec,
    Group,
    GroupView,
    Refusal,
    ResourceName,
    ResourceState,
    Seen,
    ServerName,
    ServerView,
    Unknown,
    UnknownReason,
)
from remote_helpers.replication.words import (
    Alone,
    Connection,
    Disk,
    Replicating,
    Replication,
    Role,
    Volume,
    is_down,
)
from tests.support.builders import NOW, a_group, a_resource, a_server_view, an_unreachable

FILES = sorted((Path(__file__).parent / "data").glob("*.txt"))
COPIES = ResourceName("copies")


class Stage:
    """What the lines above the dashes have said so far."""

    def __init__(self) -> None:
        self.group: Group = a_group(a_resource("copies", spec=DrbdSpec(resource="r0")))
        self.before: frozenset[ServerName] = frozenset()
        self.views: dict[str, ServerView] = {}

    def line(self, line: str) -> None:
        match line.split():
            case ["before", *names]:
                self.before = frozenset(ServerName(name) for name in names)
            case ["accept_loss"]:
                self.group = dataclasses.replace(self.group, accept_data_loss=True)
            case [name, "silent"]:
                self.views[name] = an_unreachable(self.group, ServerName(name))
            case [name, "unreadable"]:
                self.say(name, is_down("r0", "8.4.11"))
                odd = Unknown(reason=UnknownReason.CHECK_FAILED, at=NOW, detail="no such word: Foo")
                self.views[name] = dataclasses.replace(self.views[name], data={COPIES: odd})
            case [name, "down"]:
                self.say(name, is_down("r0", "8.4.11"))
            case [name, role, connection, disks, *more]:
                self.say(name, a_copy(role, connection, disks, more))
            case _:
                raise AssertionError(line)

    def say(self, name: str, copy: Replication) -> None:
        state = ResourceState.STARTED if copy.is_primary else ResourceState.STOPPED
        view = a_server_view(self.group, ServerName(name), state)
        seen = {COPIES: Seen(value=copy, at=NOW)}
        self.views[name] = dataclasses.replace(view, data=seen)

    def told(self) -> str:
        one, two = self.views["linux1"], self.views["linux2"]
        view = GroupView(servers=(one, two), taken_at=NOW)
        (copies,) = freshness.all_copies(self.group, view)
        outdated = freshness.outdated(self.group, view, self.before)
        lines = [f"copies    {copies.condition.value}"]
        lines += [f"says      {problem}" for problem in data_rules.problems(self.group, view)]
        lines += [f"distrust  {name}: {why}" for name, why in sorted(outdated.because.items())]
        for own, peer in ((one, two), (two, one)):
            refusals = data_rules.start_refusals(self.group, own, peer)
            lines.append(f"start     {own.server}: {verdict(refusals)}")
        active = next((name for name, seen in self.views.items() if primary(seen)), None)
        if active is not None:
            target = self.group.peer_of(ServerName(active)).name
            refusals = data_rules.move_refusals(self.group, view, ServerName(active), target)
            lines.append(f"move      to {target}: {verdict(refusals)}")
        lines.append(f"risk      {data_rules.risk_of(self.group, view) or 'none'}")
        return "".join(f"{line}\n" for line in lines)


def primary(view: ServerView) -> bool:
    seen = freshness.replication_of(view, COPIES)
    return seen is not None and seen.is_primary


def verdict(refusals: list[Refusal]) -> str:
    return "; ".join(f"{one.reason.value}: {one.evidence}" for one in refusals) or "yes"


def a_copy(role: str, connection: str, disks: str, more: list[str]) -> Replication:
    disk, peer_disk = disks.split("/")
    settings = dict(word.partition("=")[::2] for word in more)
    volume = Volume(
        number=0,
        minor=0,
        disk=Disk(disk),
        peer_disk=Disk(peer_disk),
        replicating=Replicating(settings.get("repl", "Off")),
        size_bytes=1 << 30,
        out_of_sync_bytes=int(settings.get("oos", "0")) << 20,
        done_percent=float(settings["done"]) if "done" in settings else None,
        left_s=None,
        rate_bytes_s=None,
    )
    return Replication(
        resource="r0",
        version="8.4.11",
        is_up=True,
        role=Role(role),
        peer_role=Role(settings.get("peer", "Unknown")),
        connection=Connection(connection),
        suspended=("fencing",) if "frozen" in settings else (),
        volumes=(volume,),
        alone=Alone(settings["alone"]) if "alone" in settings else None,
        fencing="resource-and-stonith" if "guarded" in settings else "dont-care",
        handler="/var/lib/hasys/web/fence-peer" if "guarded" in settings else "",
    )


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_transcript(path: Path, *, rewrite: bool):
    said, _, _ = path.read_text().partition("----\n")
    stage = Stage()
    for line in said.splitlines():
        if line and not line.startswith("#"):
            stage.line(line)
    played = f"{said}----\n{stage.told()}"
    if rewrite:
        path.write_text(played)

    assert path.read_text() == played
