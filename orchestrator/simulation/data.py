"""The data of the simulated pair: a copy on each server, replicated as DRBD does it.

A write is acknowledged when both copies have it. Without its peer the active goes on alone: where
the kernel is told to wait for the controller (`fencing resource-and-stonith`), only after its word.
A copy is a number: how many of the acknowledged writes it has.
"""

import dataclasses
import functools
from typing import NamedTuple

from orchestrator.simulation.machine import DATA
from orchestrator.simulation.server import SimServer
from orchestrator.simulation.world import World
from remote_helpers.replication.words import (
    Connection,
    Disk,
    Replicating,
    Replication,
    Role,
    Volume,
)

WRITE_S = 0.25
SYNC_S = (0.3, 3.0)


@dataclasses.dataclass(slots=True)
class Copy:
    """Of one server."""

    has: int = 0
    is_stale: bool = False
    """It knows that it lacks writes: connected, and not synced yet."""
    alone: bool = False
    """It may write without its peer, which it has marked as out of date."""
    frozen: bool = False


class Data:
    """Both copies and the link between them."""

    def __init__(
        self, world: World, servers: dict[str, SimServer], *, guarded: bool, replicated: bool
    ) -> None:
        """Where it is not replicated, it is no concern of ours."""
        self.world, self.servers, self.guarded = world, servers, guarded
        self.acknowledged = 0
        self.copies = {name: Copy() for name in servers}
        self.connected = False
        self.connection = 0
        """Rises with every change of `connected`."""
        self.lost: str = ""
        """What was lost: a copy that became primary without acknowledged writes."""
        self.accepted = False
        """A person has accepted a loss."""
        for server in servers.values():
            server.copies = self
        if replicated:
            world.at(0.0, self._beat)

    def _beat(self) -> None:
        self.world.at(WRITE_S, self._beat)
        self._look_at_the_link()
        for server in self.servers.values():
            if DATA in server.parts and server.runs():
                self._write(server)

    def _look_at_the_link(self) -> None:
        first, second = self.servers.values()
        ways = ((first.name, second.name), (second.name, first.name))
        whole = not any(self.world.link(*way).cut for way in ways)
        connected = whole and first.runs() and second.runs()
        if connected == self.connected:
            return
        self.connected = connected
        self.connection += 1
        behind = [copy for copy in self.copies.values() if copy.has < self.acknowledged]
        for copy in behind if connected else ():
            copy.is_stale = True
            self.world.at(self.world.chance.uniform(*SYNC_S), self._synced, copy, self.connection)

    def _synced(self, copy: Copy, connection: int) -> None:
        if connection == self.connection:
            copy.has = self.acknowledged
            copy.is_stale = False

    def _write(self, server: SimServer) -> None:
        mine, theirs = self.copies[server.name], self.copies[server.peer_name]
        if self.connected:
            mine.frozen = mine.alone = False
        elif self.guarded and not mine.alone:
            mine.frozen = True
            return
        was_whole = theirs.has == self.acknowledged
        self.acknowledged += 1
        mine.has = self.acknowledged
        if self.connected and was_whole:
            theirs.has = self.acknowledged

    def let_write(self, name: str) -> None:
        """The controller's word: the other copy is noted as out of date."""
        if not self.connected:
            self.copies[name].alone = True
            self.copies[name].frozen = False

    def may_start(self, name: str) -> bool:
        """The kernel promotes no copy that knows to lack writes."""
        return not self.copies[name].is_stale

    def started(self, name: str) -> None:
        """Primary from now on."""
        copy = self.copies[name]
        copy.alone = copy.frozen = False
        if copy.has < self.acknowledged:
            if not self.accepted:
                self.lost = f"{name} lacks {self.acknowledged - copy.has} acknowledged writes"
            self.acknowledged = copy.has
            for one in self.copies.values():
                one.has = min(one.has, copy.has)

    def seen(self, name: str) -> Replication:
        """As the server's own kernel tells it."""
        server = self.servers[name]
        mine, theirs = self.copies[name], self.copies[server.peer_name]
        sides = [
            Side(DATA in self.servers[one].parts, copy.frozen, copy.is_stale, copy.alone)
            for one, copy in ((name, mine), (server.peer_name, theirs))
        ]
        return _replication(sides[0], sides[1], self.connected, self.guarded)


class Side(NamedTuple):
    is_primary: bool
    is_frozen: bool
    is_stale: bool
    is_alone: bool


@functools.cache
def _replication(mine: Side, theirs: Side, connected: bool, guarded: bool) -> Replication:  # noqa: FBT001
    here = Disk.INCONSISTENT if mine.is_stale else Disk.UP_TO_DATE
    there = Disk.INCONSISTENT if theirs.is_stale else Disk.UP_TO_DATE
    if not connected:
        there = Disk.OUTDATED if mine.is_alone else Disk.UNKNOWN
    replicating = Replicating.ESTABLISHED if connected else Replicating.OFF
    if connected and mine.is_stale:
        replicating = Replicating.SYNC_TARGET
    elif connected and theirs.is_stale:
        replicating = Replicating.SYNC_SOURCE
    return Replication(
        resource="r0",
        version="9",
        is_up=True,
        role=_role(mine),
        peer_role=_role(theirs) if connected else Role.UNKNOWN,
        connection=Connection.CONNECTED if connected else Connection.CONNECTING,
        suspended=("fencing",) if mine.is_frozen else (),
        volumes=(Volume(0, 0, here, there, replicating, 1, 0, None, None, None),),
        fencing="resource-and-stonith" if guarded else "dont-care",
        handler="/var/lib/hasys/group/fence-peer" if guarded else "",
    )


def _role(side: Side) -> Role:
    return Role.PRIMARY if side.is_primary else Role.SECONDARY
