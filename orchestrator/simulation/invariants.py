"""What must never be, looked at after every event."""

import dataclasses

from orchestrator.decision import vote as votes
from orchestrator.model.state import ProofKind
from orchestrator.simulation.pair import NAMES, Pair
from remote_helpers.protocol.words import Reign


@dataclasses.dataclass(frozen=True, slots=True)
class Violation:
    seed: int
    invariant: str
    at: float
    what: str = ""


class Watch:
    """Remembers what each server's epochs were, and the first violation of each kind."""

    def __init__(self, pair: Pair) -> None:
        self.pair = pair
        self.first, self.second = (pair.servers[name] for name in NAMES)
        self.records: dict[str, object] = {}
        self.epochs: dict[str, int] = {}
        self.found: dict[str, Violation] = {}

    def look(self) -> None:
        """A server counts as ACTIVE while it holds anything, or a step of its could take it."""
        if self.pair.forced:
            pass  # a person took it upon himself
        elif self.first.parts and self.second.parts:
            self._violated("two-active", "both servers hold resources")
        elif self.first.may_hold and self.second.may_hold:
            self._violated("two-rights", "both servers may hold resources")
        if self.pair.data.lost:
            self._violated("write-lost", self.pair.data.lost)
        for server in (self.first, self.second):
            if server.disk is not self.records.get(server.name):
                self._record(server.name)

    def _record(self, name: str) -> None:
        disk = self.pair.servers[name].disk
        self.records[name] = disk
        if disk is None:
            self.epochs.pop(name, None)
            return
        if disk.promised < self.epochs.get(name, 0):
            self._violated("epoch-fell", f"{name}: {self.epochs[name]} to {disk.promised}")
        self.epochs[name] = disk.promised
        now = self.pair.servers[name].guard
        if now is not None and now.holder.reign is not None:
            self._not_proven_over(name, now.holder.reign)

    def _not_proven_over(self, name: str, reign: Reign) -> None:
        """What a controller knows to be stopped or burned must not begin."""
        for one in self.pair.controllers.values():
            noted = votes.find(one.stored.vote, reign)
            if noted is not None and noted.proof in (ProofKind.STOPPED, ProofKind.BURNED):
                self._violated("proven-reign-begins", f"{name}: reign {reign.epoch}")

    def moved(self, by: str) -> None:
        """A movement for a server's silence was ordered."""
        since, until = self.pair.mass
        until = min(until, since + self.pair.policy.brake_window_s)
        if since + 1.0 < self.pair.world.now < until:
            self._violated("mass-movement", f"{by} orders a failover while most groups are silent")

    def end(self) -> None:
        """What can recover does: everything was mended long ago."""
        wanted = [
            one
            for one in self.pair.controllers.values()
            if one.alive and not one.state.superseded and one.state.wanted
        ]
        whole = [server for server in (self.first, self.second) if len(server.parts) == 2]
        if wanted and len(whole) != 1:
            reasons = "; ".join(
                f"{because.reason.value}: {because.evidence}" for because in wanted[0].loop.reasons
            )
            self._violated("not-recovered", reasons)

    def _violated(self, invariant: str, what: str) -> None:
        if invariant not in self.found:
            world = self.pair.world
            world.note(f"VIOLATED: {invariant}: {what}")
            self.found[invariant] = Violation(world.seed, invariant, round(world.now, 3), what)
