"""Settings of the guards of a lab's two servers, and what they guard."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.lab import addresses
from tests.lab.kernel.lab import KernelLab
from tests.lab.namespaces.lab import NamespacesLab

Lab = NamespacesLab | KernelLab

GROUP = "web"
LEASE = 3.0


def settings_of(lab: Lab, me: str, peer: str, port: int, **changes: Any) -> dict[str, Any]:
    """As a controller would write them for one of the lab's servers."""
    plan = lab.network.addresses
    links = [
        {"name": "heartbeat", "mine": plan.heartbeat(me), "theirs": plan.heartbeat(peer)},
        {"name": "public", "mine": plan.public(me), "theirs": plan.public(peer)},
    ]
    return {
        "group": GROUP,
        "me": me,
        "peer": peer,
        "membership": 1,
        "lease": LEASE,
        "budget": 1.0,
        "error": 0.001,
        "margin": 0.1,
        "watchdog": 1.5,
        "watchdog_device": "",
        "reset": "",
        "links": [{**link, "port": port} for link in links],
        "keys": ["5a" * 32],
        "resources": resources_of(lab),
        **changes,
    }


def resources_of(lab: Lab) -> list[list[dict[str, Any]]]:
    plan = lab.network.addresses
    address = {"device": "eth0", "interface": f"{plan.service}/25"}
    program = f"lab-http --port {addresses.SERVICE_PORT}"
    site = {"start": f"exec /usr/local/bin/{program}", "pattern": program}
    return [[resource("ip", "address", address)], [resource("process", "site", site)]]


def resource(kind: str, name: str, spec: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": kind, "name": name, "spec": dict(spec)}
