"""Settings of a guard as a controller writes them, with nothing to look after."""

from typing import Any


def plain(**changes: Any) -> dict[str, Any]:
    return {
        "group": "group",
        "me": "alpha",
        "peer": "beta",
        "membership": 0,
        "lease": 3.0,
        "budget": 1.0,
        "error": 0.0,
        "margin": 0.25,
        "watchdog": 0.0,
        "watchdog_device": "",
        "reset": "none",
        "links": [],
        "keys": ["6b" * 32],
        "resources": [],
        **changes,
    }
