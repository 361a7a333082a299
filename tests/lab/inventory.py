"""The ready inventory of a lab: what `hasys -i DIR start web` reads."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.lab import addresses
from tests.lab.addresses import Addresses
from tests.lab.credentials import Credentials

GROUP = "web"


def service_resources(plan: Addresses) -> dict[str, dict[str, Any]]:
    """A small web service, and the address under which clients know it."""
    program = f"lab-http --port {addresses.SERVICE_PORT}"
    return {
        "site": {"process": program, "count": "1", "start": f"/usr/local/bin/{program}"},
        "address": {
            "ip": f"{plan.service}/{addresses.PREFIX}",
            "network": "public",
            "after": ["site"],
        },
    }


def write(
    folder: Path,
    plan: Addresses,
    credentials: Credentials,
    *,
    interfaces: tuple[str, str] = ("eth0", "eth1"),
    resources: Mapping[str, Mapping[str, Any]] | None = None,
) -> None:
    """`interfaces`: public and heartbeat, as the servers call them."""
    (folder / "groups").mkdir(parents=True)
    _dump(folder / "hosts.yaml", _hosts(plan, credentials))
    public, heartbeat = interfaces
    group = {
        "group": GROUP,
        "servers": list(addresses.SERVERS),
        "preferred_active": addresses.SERVERS[0],
        "failback": "manual",
        "mode": "automatic",
        "timing": {
            "poll": "1s",
            "lease": "3s",
            "stabilise": "10s",
            "stop": "60s",
            "start": "120s",
        },
        "networks": {
            "public": {"interface": public, "gateway": plan.gateway},
            "heartbeat": {"interface": heartbeat},
        },
        "resources": resources or service_resources(plan),
    }
    _dump(folder / "groups" / f"{GROUP}.yaml", group)


def _hosts(plan: Addresses, credentials: Credentials) -> dict[str, Any]:
    hosts = {
        server: {
            "ansible_host": plan.public(server),
            "ansible_port": 22,
            "ansible_user": "root",
            "ansible_ssh_private_key_file": str(credentials.key),
            "ansible_ssh_common_args": f"-o UserKnownHostsFile={credentials.known_hosts}",
        }
        for server in addresses.SERVERS
    }
    return {"all": {"children": {GROUP: {"hosts": hosts}}}}


def _dump(file: Path, document: Mapping[str, Any]) -> None:
    file.write_text(yaml.safe_dump(document, sort_keys=False))
