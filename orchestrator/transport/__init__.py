"""Turns a request into a reply from a server, over SSH.

Called by `probes.collect` and `executor`; `SshTransport` is made by `runtime`.
"""

from orchestrator.transport.base import (
    Done,
    Failed,
    FailureKind,
    Gate,
    PairTransport,
    Reign,
    Reply,
    Request,
    Transport,
    Unreachable,
    UnreachableKind,
)
from orchestrator.transport.ssh import PushFrom, SshTransport

__all__ = [
    "Done",
    "Failed",
    "FailureKind",
    "Gate",
    "PairTransport",
    "PushFrom",
    "Reign",
    "Reply",
    "Request",
    "SshTransport",
    "Transport",
    "Unreachable",
    "UnreachableKind",
]
