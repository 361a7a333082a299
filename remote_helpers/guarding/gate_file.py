"""The gate in /run: written by the guard, asked by the process that acts, when it acts.

`until` counts on the guard's fast clock. The file has the clocks as they were when it was
written, so that another process can go on counting from there, with the fastest of them, too.
"""

import json
import os
from typing import NamedTuple, Optional

from remote_helpers.guarding import places
from remote_helpers.protocol import gate as gates
from remote_helpers.protocol.clocks import Clocks, Reading
from remote_helpers.protocol.words import ALWAYS, Now, Reign


class Published(NamedTuple):
    gate: gates.Gate
    clocks: Clocks


def write(path: str, gate: gates.Gate, clocks: Clocks) -> None:
    """Readers see the gate before or this one. Raises OSError, but a gate that closes is closed:
    without the file nothing may start.
    """
    try:
        _write(path, gate, clocks)
    except OSError:
        if gate.reign is None and os.path.lexists(path):
            os.unlink(path)
        raise


def _write(path: str, gate: gates.Gate, clocks: Clocks) -> None:
    data = {
        "reign": gate.reign,
        "plan": gate.plan,
        "incarnation": gate.incarnation,
        "until": None if gate.until == ALWAYS else gate.until,
        "clocks": clocks,
    }
    places.write_whole(path, json.dumps(data).encode("ascii"))


def read(path: str) -> Optional[Published]:
    """None: this group was never guarded on this boot. What cannot be understood is closed."""
    try:
        with open(path, "rb") as file:
            text = file.read()
    except FileNotFoundError:
        return None
    try:
        data = json.loads(text.decode("ascii"))
        reign = None if data["reign"] is None else Reign(*data["reign"])
        until = ALWAYS if data["until"] is None else float(data["until"])
        gate = gates.Gate(reign, str(data["plan"]), str(data["incarnation"]), until)
        clocks = Clocks(Reading(*data["clocks"][0]), Now(*data["clocks"][1]))
    except (ValueError, KeyError, TypeError, IndexError):
        nothing = Clocks(Reading(0.0, 0.0, 0.0), Now(0.0, 0.0))
        return Published(gates.CLOSED, nothing)
    return Published(gate, clocks)
