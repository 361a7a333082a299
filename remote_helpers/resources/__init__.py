"""Starts, stops and checks what the controller names by type; called by the dispatch table.

Each type is a module with `start`, `stop` and `check`, all `(context, name, spec) -> state`, and
with `hindrance(context, verb, spec, seen) -> str`: what would make a start or stop fail for
certain, by looking alone; empty: nothing that can be seen.
All are idempotent, end before the context's deadline, and answer by what they read afterwards,
never by an exit code alone.
"""

from typing import Any, Dict

from remote_helpers.resources import command, disk, drbd, ip, mount, process, systemd

TYPES: Dict[str, Any] = {
    "ip": ip,
    "drbd": drbd,
    "disk": disk,
    "mount": mount,
    "process": process,
    "systemd": systemd,
    "command": command,
}
