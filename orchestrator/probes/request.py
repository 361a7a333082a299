"""Turns a group into the poll that one of its servers is asked. Called by `collect`."""

from typing import Protocol

from orchestrator.model import Group, ServerName
from orchestrator.transport import Request
from orchestrator.transport.encode import resource_to_json


class Question(Protocol):
    """`check_s` bounds each check there; `deadline_s` all of it, with connecting where needed."""

    def __call__(
        self, group: Group, server: ServerName, *, check_s: float, deadline_s: float
    ) -> Request: ...


def poll_request(group: Group, server: ServerName, *, check_s: float, deadline_s: float) -> Request:
    """Everything: what it holds, its record, its networks, the machine itself."""
    asked = holdings_request(group, server, check_s=check_s, deadline_s=deadline_s)
    networks = [
        {"name": network.name, "device": network.devices[server], "gateway": network.gateway}
        for network in group.networks.values()
    ]
    args = {**asked.args, "networks": networks}
    return Request(op="poll", args=args, deadline_s=deadline_s)


def holdings_request(
    group: Group, server: ServerName, *, check_s: float, deadline_s: float
) -> Request:
    """Only what it holds and its record: a run that waits to start must not wait for a gateway."""
    resources = [resource_to_json(resource, server) for resource in group.resources.values()]
    args = {"group": group.name, "resources": resources, "deadline_s": check_s}
    return Request(op="poll", args=args, deadline_s=deadline_s)
