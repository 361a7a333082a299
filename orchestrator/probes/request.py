"""Turns a group into the poll that one of its servers is asked. Called by `collect`."""

from orchestrator.model import Group, ServerName
from orchestrator.transport import Request
from orchestrator.transport.encode import resource_to_json


def poll_request(group: Group, server: ServerName, *, check_s: float, deadline_s: float) -> Request:
    """`check_s` bounds each check there; `deadline_s` all of it, with connecting where needed."""
    resources = [resource_to_json(resource, server) for resource in group.resources.values()]
    return Request(
        op="poll",
        args={"group": group.name, "resources": resources, "deadline_s": check_s},
        deadline_s=deadline_s,
    )
