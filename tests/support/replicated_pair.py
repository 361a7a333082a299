"""A simulated pair with replicated data: alpha serves in reign 1, and says how its copy is."""

from __future__ import annotations

import dataclasses

from orchestrator.decision.decide import decide
from orchestrator.decision.intents import Decision
from orchestrator.model import (
    DrbdSpec,
    GroupView,
    ResourceName,
    Seen,
    ServerName,
    ServerView,
    Unknown,
    UnknownReason,
)
from orchestrator.model.moment import Monotonic
from orchestrator.simulation.stage import Stage
from remote_helpers.replication.words import (
    Connection,
    Disk,
    Replicating,
    Replication,
    Role,
    Volume,
)
from tests.support.builders import a_resource

ALPHA, BETA = ServerName("alpha"), ServerName("beta")
COPIES = ResourceName("copies")


def a_copy(role: Role, *suspended: str) -> Replication:
    volume = Volume(
        number=0,
        minor=0,
        disk=Disk.UP_TO_DATE,
        peer_disk=Disk.UNKNOWN,
        replicating=Replicating.OFF,
        size_bytes=1 << 30,
        out_of_sync_bytes=0,
        done_percent=None,
        left_s=None,
        rate_bytes_s=None,
    )
    return Replication(
        resource="r0",
        version="8.4.11",
        is_up=True,
        role=role,
        peer_role=Role.UNKNOWN,
        connection=Connection.CONNECTING,
        suspended=suspended,
        volumes=(volume,),
        fencing="resource-and-stonith",
        handler="/var/lib/hasys/web/fence-peer",
    )


class ReplicatedPair:
    """Alpha serves in reign 1; the link between the copies is cut, and alpha's writes wait."""

    def __init__(self, *lines: str) -> None:
        self.stage = Stage()
        for line in ("reign 1 alpha", "seen alpha reigning reign=1", "seen beta idle", *lines):
            self.stage.command(line)
        replicated = {COPIES: a_resource("copies", spec=DrbdSpec(resource="r0"))}
        resources = {**self.stage.group.resources, **replicated}
        self.group = dataclasses.replace(self.stage.group, resources=resources)
        self.state = self.stage.state
        self.unanswered: set[ServerName] = set()
        self.copies = {ALPHA: a_copy(Role.PRIMARY, "fencing"), BETA: a_copy(Role.SECONDARY)}

    def turn(self) -> Decision:
        guarded = self.stage.view()
        first, second = (self.with_copy(one) for one in guarded.view.servers)
        view = GroupView(servers=(first, second), taken_at=guarded.view.taken_at)
        guarded = dataclasses.replace(guarded, view=view)
        decision = decide(self.group, self.state, guarded, self.stage.now, self.stage.policy)
        self.state = decision.state
        return decision

    def with_copy(self, view: ServerView) -> ServerView:
        at = Monotonic(self.stage.now - 0.1)
        if view.server in self.unanswered:
            late = Unknown(reason=UnknownReason.TIMED_OUT, at=at)
            return dataclasses.replace(view, reach=late, data={COPIES: late})
        return dataclasses.replace(view, data={COPIES: Seen(value=self.copies[view.server], at=at)})
