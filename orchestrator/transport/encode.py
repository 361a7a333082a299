"""What a resource's definition looks like in a request to a helper: its fields, as JSON."""

import dataclasses
import ipaddress
from collections.abc import Mapping
from typing import Any

from orchestrator.model import DiskSpec, IpSpec, Resource, ServerName, Spec


def spec_to_json(spec: Spec) -> dict[str, Any]:
    """Every field under its own name; the helper's resource types read exactly these."""
    return {field.name: _plain(getattr(spec, field.name)) for field in dataclasses.fields(spec)}


def resource_to_json(resource: Resource, server: ServerName) -> dict[str, Any]:
    """One entry of a `poll`, and the arguments of `resource.start`, `stop` and `check`.

    The servers of a pair may call an interface differently; each is asked for its own.
    """
    spec = spec_to_json(resource.spec)
    if isinstance(resource.spec, IpSpec):
        spec["device"] = resource.spec.device_on(server)
    if isinstance(resource.spec, DiskSpec):
        spec["server"] = server  # a reservation is some server's
    asked = {"name": resource.name, "type": resource.type, "spec": spec}
    return asked if resource.answers is None else {**asked, "answers": resource.answers}


def _plain(value: Any) -> Any:
    match value:
        case ipaddress.IPv4Interface() | ipaddress.IPv6Interface():
            return str(value)
        case Mapping():
            return {str(key): _plain(item) for key, item in value.items()}
        case tuple():
            return [_plain(item) for item in value]
        case _:
            return value
