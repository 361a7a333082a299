"""The words of the field as frozen types: no behaviour beyond looking things up, no I/O.

Built by `config`, read by everybody: `from orchestrator.model import Group`.
"""

from orchestrator.model.data import DataFact, FileSystemUse, SharedDisk
from orchestrator.model.event import Event, Severity
from orchestrator.model.fencing import FenceDevice, Reset, Secret, Watchdog
from orchestrator.model.group import Failback, FailbackPolicy, Group, Network, Timing
from orchestrator.model.ids import (
    ControllerId,
    Epoch,
    GroupName,
    NetworkName,
    ResourceName,
    RunId,
    ServerName,
    StepId,
)
from orchestrator.model.moment import Monotonic, Utc
from orchestrator.model.observation import (
    EpochRecord,
    GroupView,
    HostFacts,
    NetworkState,
    Observation,
    Seen,
    ServerView,
    Unknown,
    UnknownReason,
)
from orchestrator.model.outcome import Outcome, Status
from orchestrator.model.prediction import Diff, NoUndo, Prediction, Undo, Verdict
from orchestrator.model.refusal import Reason, Refusal
from orchestrator.model.resource import (
    After,
    CommandSpec,
    DiskSpec,
    DrbdSpec,
    EdgeKind,
    IpSpec,
    MountSpec,
    ProcessSpec,
    Resource,
    ResourceState,
    RestartPolicy,
    Spec,
    SystemdSpec,
)
from orchestrator.model.role import Mode, Role, Safety
from orchestrator.model.server import Login, Server

__all__ = [
    "After",
    "CommandSpec",
    "ControllerId",
    "DataFact",
    "Diff",
    "DiskSpec",
    "DrbdSpec",
    "EdgeKind",
    "Epoch",
    "EpochRecord",
    "Event",
    "Failback",
    "FailbackPolicy",
    "FenceDevice",
    "FileSystemUse",
    "Group",
    "GroupName",
    "GroupView",
    "HostFacts",
    "IpSpec",
    "Login",
    "Mode",
    "Monotonic",
    "MountSpec",
    "Network",
    "NetworkName",
    "NetworkState",
    "NoUndo",
    "Observation",
    "Outcome",
    "Prediction",
    "ProcessSpec",
    "Reason",
    "Refusal",
    "Reset",
    "Resource",
    "ResourceName",
    "ResourceState",
    "RestartPolicy",
    "Role",
    "RunId",
    "Safety",
    "Secret",
    "Seen",
    "Server",
    "ServerName",
    "ServerView",
    "Severity",
    "SharedDisk",
    "Spec",
    "Status",
    "StepId",
    "SystemdSpec",
    "Timing",
    "Undo",
    "Unknown",
    "UnknownReason",
    "Utc",
    "Verdict",
    "Watchdog",
]
