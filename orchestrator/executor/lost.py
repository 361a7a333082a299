"""What is known of a server that fell silent during a run, and by which evidence.

A run that goes on without a server must say what became of it: silence is never read as stopped.
"""

import dataclasses
import enum
from collections.abc import Mapping
from typing import Any

from orchestrator.model import Outcome, ServerName, Status
from orchestrator.playbooks.module import SERVER_STATE


class LostState(enum.Enum):
    STOPPED = "stopped"
    FENCED = "fenced"
    LEASE_EXPIRED = "lease expired"
    UNKNOWN = "unknown"


_WEIGHT = tuple(LostState)
"""The first says most."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    state: LostState
    evidence: str


class LostServers:
    """Fed with the outcomes of a run, in their order; so a resumed run comes to the same."""

    def __init__(self) -> None:
        self._lost: dict[ServerName, Lost] = {}
        self._stopped: dict[ServerName, str] = {}
        self._proofs: dict[ServerName, Lost] = {}

    @property
    def found(self) -> Mapping[ServerName, Lost]:
        return dict(self._lost)

    def as_variable(self) -> dict[str, Any]:
        return {
            name: {"state": lost.state.value, "evidence": lost.evidence}
            for name, lost in self._lost.items()
        }

    def note_stopped(self, server: ServerName, evidence: str) -> None:
        """All of the service was seen stopped there."""
        self._stopped[server] = evidence

    def note_started(self, server: ServerName) -> None:
        """From here on what was seen before proves nothing."""
        self._stopped.pop(server, None)
        self._proofs.pop(server, None)
        if server in self._lost:
            evidence = f"started again after: {self._lost[server].evidence}"
            self._lost[server] = Lost(state=LostState.UNKNOWN, evidence=evidence)

    def is_fenced(self, server: ServerName) -> bool:
        """Whether this run had it switched off, or found it so; it may be on again by now."""
        proof = self._proofs.get(server)
        return proof is not None and proof.state is LostState.FENCED

    def note(self, server: ServerName, outcome: Outcome) -> None:
        """How something ended that was asked of this server."""
        if outcome.status is Status.UNREACHABLE:
            evidence = self._stopped.get(server)
            if evidence is None:
                lost = Lost(state=LostState.UNKNOWN, evidence=outcome.message)
            else:
                lost = Lost(state=LostState.STOPPED, evidence=evidence)
            self._keep(server, self._proofs.get(server, lost))
        self.note_proof(outcome)

    def note_proof(self, outcome: Outcome) -> None:
        proof = outcome.result.get(SERVER_STATE)
        if isinstance(proof, Mapping) and outcome.status.is_good:
            self._prove(proof)

    def _prove(self, proof: Mapping[str, Any]) -> None:
        states = {state.value: state for state in LostState}
        state = states.get(str(proof.get("state")))
        if state is None:
            return
        server = ServerName(str(proof.get("server")))
        self._proofs[server] = Lost(state=state, evidence=str(proof.get("evidence", "")))
        if server in self._lost or state is LostState.FENCED:  # off: it need not be asked first
            self._keep(server, self._proofs[server])

    def _keep(self, server: ServerName, lost: Lost) -> None:
        """What is known once is not lost by silence."""
        known = self._lost.get(server)
        if known is None or _WEIGHT.index(lost.state) <= _WEIGHT.index(known.state):
            self._lost[server] = lost
