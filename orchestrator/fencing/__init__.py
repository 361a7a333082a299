"""Turns "switch that server off" into a server that was read back as off, or into why it was not.

Runs ClusterLabs' fence agents on the controller. Called by the controller's loop when a reign has
to be proven over, and by `hasys check` and `hasys fence`.
"""

from orchestrator.fencing.agents import Agents
from orchestrator.fencing.fencer import Fencer
from orchestrator.fencing.outcome import (
    Attempt,
    Fenced,
    FenceOutcome,
    NotFenced,
    Power,
    Reading,
    power_of,
    result_of,
)

__all__ = [
    "Agents",
    "Attempt",
    "FenceOutcome",
    "Fenced",
    "Fencer",
    "NotFenced",
    "Power",
    "Reading",
    "power_of",
    "result_of",
]
