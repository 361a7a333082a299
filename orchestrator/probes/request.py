"""Turns a group into the poll that one of its servers is asked. Called by `collect`."""

from orchestrator.model import Group, ServerName
from orchestrator.transport import Request
from orchestrator.transport.encode import resource_to_json

ROOM_S = 0.5
"""For the server to answer after the last check has run out of time."""


def poll_request(group: Group, server: ServerName, *, check_s: float) -> Request:
    resources = [resource_to_json(resource, server) for resource in group.resources.values()]
    return Request(
        op="poll",
        args={"group": group.name, "resources": resources, "deadline_s": check_s},
        deadline_s=check_s + ROOM_S,
    )
