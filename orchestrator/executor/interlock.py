"""Nothing is started on a server before the other one is confirmed stopped.

The race it prevents: a stop that failed, hung or was never asked for leaves a part of the service
on the peer; a start here would make two. The peer is asked at the moment of the start, after the
run's epoch was raised on it: from then on no step of an older run can start anything there.
"""

import dataclasses

from orchestrator.clock import Clock
from orchestrator.executor.lost import LostServers
from orchestrator.fencing import Power
from orchestrator.model import (
    Group,
    Outcome,
    Reason,
    Refusal,
    ResourceState,
    Seen,
    ServerName,
    ServerView,
    Status,
    Unknown,
)
from orchestrator.playbooks.module import POWER_READ
from orchestrator.probes.collect import look
from orchestrator.transport import Done, Gate, Reign, Reply, Request, Transport

READ_DEADLINE_S = 60.0
"""The devices have time-outs of their own, which end sooner."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Interlock:
    group: Group
    reign: Reign
    transport: Transport
    clock: Clock
    lost: LostServers

    async def may_start(self, server: ServerName) -> Refusal | None:
        """Why nothing may be started on `server` now; None: its peer is confirmed stopped, or off.

        What the run has fenced is read once more, at this moment. The race it prevents: somebody
        switches it on again, and it serves while its network does not answer us.
        """
        peer = self.group.peer_of(server).name
        seen = await look(self.group, peer, self.transport, self.clock)
        refusal = judge(seen, self.reign)
        if isinstance(seen.reach, Unknown) and self.lost.is_fenced(peer):
            asked = Request(op=POWER_READ, args={"server": peer}, deadline_s=READ_DEADLINE_S)
            return _judge_power(peer, await self.transport.call(peer, asked))
        return refusal

    async def may_stop(self, _server: ServerName) -> Refusal | None:
        """A stop alone makes no second active server."""
        return None

    async def has_stopped(self, _server: ServerName, _path: str) -> Refusal | None:
        """The look before the next start is what counts."""
        return None

    def gate(self, _server: ServerName) -> Gate | None:
        """There is no guard to show anything to."""
        return None


def judge(peer: ServerView, reign: Reign) -> Refusal | None:
    """The evidence must be complete: every resource seen stopped, our epoch the highest there."""
    if isinstance(peer.reach, Unknown):
        return Refusal(
            reason=Reason.SERVER_UNREACHABLE,
            evidence=f"{peer.server} may hold the service: {peer.reach.detail}",
            advice="silence is not death: bring it back; until then nothing starts here",
        )
    if not isinstance(peer.epoch, Seen) or peer.epoch.value is None:
        return Refusal(
            reason=Reason.STALE_EPOCH,
            evidence=f"{peer.server} does not know this run's epoch {reign.epoch}",
            advice="its record was lost or could not be read; run the command again",
        )
    record = peer.epoch.value
    if (record.promised, record.controller, record.run) != (
        reign.epoch,
        reign.controller,
        reign.run,
    ):
        return Refusal(
            reason=Reason.STALE_EPOCH,
            evidence=f"{peer.server} has promised epoch {record.promised} to controller "
            f"{record.controller}, this run has {reign.epoch}",
            advice="another controller acts on this group; find out which",
        )
    for name, seen in sorted(peer.resources.items()):
        if isinstance(seen, Unknown):
            return Refusal(
                reason=Reason.STATE_UNKNOWN,
                evidence=f"{peer.server}: {name}: {seen.detail or seen.reason.value}",
                advice="see why its check does not answer; nothing is started on a guess",
            )
        if seen.value is not ResourceState.STOPPED:
            return Refusal(
                reason=Reason.RUNS_ON_PEER,
                evidence=f"{peer.server}: {name} is {seen.value.value}: {seen.detail}",
                advice=f"stop it there first: hasys stop {reign.group} --on {peer.server}",
            )
    return None


def _judge_power(peer: ServerName, read: Reply) -> Refusal | None:
    if isinstance(read, Done) and read.data["power"] == Power.OFF.value:
        return None
    seen = "; ".join(read.data["attempts"]) if isinstance(read, Done) else read.message
    return Refusal(
        reason=Reason.FENCE_FAILED,
        evidence=f"{peer} was switched off by this run, and is not read as off now: {seen}",
        advice="see whether somebody switched it on again; nothing starts beside it",
    )


def as_outcome(refusal: Refusal) -> Outcome:
    return Outcome(
        status=Status.FAILED,
        message=f"refused ({refusal.reason.value}): {refusal.evidence}; {refusal.advice}",
        result={"refused": refusal.reason.value},
    )
