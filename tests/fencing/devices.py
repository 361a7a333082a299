"""Fencing devices for tests: fence_dummy with a file as plug, and agents that fail as real ones do.

The agents written here are stand-ins for devices that nobody can order to lie or to hang. They are
programs, run as every other agent is.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from orchestrator.model import FenceDevice
from tests.lab.namespaces.lab import NamespacesLab

PROJECT = Path(__file__).parents[2]

needs_agents = pytest.mark.skipif(
    shutil.which("fence_dummy", path="/usr/sbin:/usr/bin") is None,
    reason="apt-get install fence-agents",
)

READ_OPTIONS = 'while IFS="=" read -r name value; do eval "opt_$name=\\$value"; done\n'


def dummy(plug: Path, level: int = 1) -> FenceDevice:
    """ClusterLabs' own agent for tests: its plug is a file, on or off."""
    plug.write_text("on")
    options = {"type": "file", "status_file": str(plug)}
    return FenceDevice(agent="fence_dummy", level=level, options=options)


def agent(folder: Path, name: str, body: str, **settings: float) -> FenceDevice:
    """A shell program: `opt_action` is what it is asked for, `log` where it notes that."""
    program = folder / f"fence_{name}"
    log = folder / f"{name}.log"
    program.write_text(
        f'#!/bin/sh\n{READ_OPTIONS}log={log}\necho "$opt_action" >> "$log"\n{body}\n'
    )
    program.chmod(0o755)
    return FenceDevice(agent=str(program), options={"ip": "192.0.2.11"}, **settings)  # type: ignore[arg-type]


def orders(folder: Path, name: str) -> list[str]:
    """What such an agent was asked for so far."""
    log = folder / f"{name}.log"
    return log.read_text().split() if log.exists() else []


OBEYS = 'case "$opt_action" in off) exit 0;; status) exit 2;; esac'
LIES = 'case "$opt_action" in off) exit 0;; status) exit 0;; esac'
FORGETS = 'case "$opt_action" in off) exit 0;; esac; echo "ERROR: connection lost" >&2; exit 1'
REFUSES = (
    'echo "2026-11-26 02:00:00,1 ERROR: Unable to connect/login to fencing device" >&2; exit 1'
)
HANGS = "sleep 600"


_LAB_DEVICE = """\
#!{python}
import sys
sys.path.insert(0, {project!r})
from tests.lab import kinds
told = dict(line.strip().split("=", 1) for line in sys.stdin)
lab = kinds.attach(told["lab"])
if told["action"] == "off":
    lab.power_off(told["plug"])
elif told["action"] == "on":
    lab.power_on(told["plug"])
elif told["action"] == "status":
    sys.exit(0 if lab.powered(told["plug"]) else 2)
"""


def lab_device(lab: NamespacesLab, server: str, folder: Path) -> dict[str, str]:
    """A power switch for a server of the namespaces lab, as a group's file names it: a stand-in
    whose orders are the lab's own power cuts.
    """
    program = folder / "fence_lab"
    program.write_text(_LAB_DEVICE.format(python=sys.executable, project=str(PROJECT)))
    program.chmod(0o755)
    return {"agent": str(program), "plug": server, "lab": lab.record.lab}
