"""What a server's DRBD resources and shared volume groups are set to; a part of `survey`.

Read from the configuration that is on the server: what is down has no settings in the kernel.
"""

import os
import re
from typing import Any, Dict, List

from remote_helpers.operation import Context, OperationError
from remote_helpers.resources.waiting import shown

DEFAULTS = {"ping-int": 10, "timeout": 60, "ping-timeout": 5}
"""drbd.conf(5): seconds, tenths of a second, tenths of a second."""


def resources(context: Context, names: List[str]) -> Dict[str, Any]:
    return {name: _resource(context, name) for name in names}


def _resource(context: Context, name: str) -> Dict[str, Any]:
    try:
        done = context.run(["drbdadm", "dump", name])
    except OperationError as problem:
        return {"problem": problem.message}
    if done.rc != 0:
        return {"problem": shown(done.stderr) or "drbdadm dump ended with {}".format(done.rc)}
    return parse_dump(done.stdout)


def parse_dump(dump: str) -> Dict[str, Any]:
    found: Dict[str, Any] = {
        option.replace("-", "_"): int(_option(dump, option) or default)
        for option, default in DEFAULTS.items()
    }
    handler = _option(dump, "fence-peer").strip('"')
    found["fencing"] = _option(dump, "fencing") or "dont-care"
    found["handler"] = handler
    found["handler_is_there"] = bool(handler) and os.access(handler.split(" ")[0], os.X_OK)
    found["auto_promote"] = _option(dump, "auto-promote") != "no"
    found["is_9"] = "node-id" in dump
    return found


def _option(dump: str, name: str) -> str:
    found = re.search(r"\b{}\s+(\"[^\"]*\"|[^\s;]+)\s*;".format(re.escape(name)), dump)
    return found.group(1) if found else ""


def volume_groups(context: Context, names: List[str]) -> Dict[str, Any]:
    system_id = _said(context, ["lvm", "systemid"]).partition(":")[2].strip()
    return {name: _volume_group(context, name, system_id) for name in names}


def _volume_group(context: Context, name: str, system_id: str) -> Dict[str, Any]:
    columns = "pv_name,vg_missing_pv_count"
    said = _said(context, ["vgs", "--foreign", "--noheadings", "-o", columns, name])
    rows = [row.split() for row in said.splitlines() if row.strip()]
    devices = sorted({os.path.realpath(row[0]) for row in rows if row[0].startswith("/")})
    return {
        "system_id": system_id,
        "devices": devices,
        "missing": any(row[-1] != "0" for row in rows) if rows else True,
        "reservations": {device: _reserves(context, device) for device in devices},
    }


def _reserves(context: Context, device: str) -> bool:
    try:
        return context.run(["sg_persist", "--in", "--read-keys", device]).rc == 0
    except OperationError:
        return False


def _said(context: Context, argv: List[str]) -> str:
    try:
        done = context.run(argv)
    except OperationError:
        return ""  # a program that is not there is said elsewhere
    return done.stdout if done.rc == 0 else ""
