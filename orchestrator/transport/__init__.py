"""Turns a request into a reply from a server, over SSH. Called by `probes.collect` and `executor`."""

from orchestrator.transport.base import (
    Done,
    Failed,
    FailureKind,
    Reign,
    Reply,
    Request,
    Transport,
    Unreachable,
    UnreachableKind,
)

__all__ = [
    "Done",
    "Failed",
    "FailureKind",
    "Reign",
    "Reply",
    "Request",
    "Transport",
    "Unreachable",
    "UnreachableKind",
]
