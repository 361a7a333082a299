"""A module's operation asked of a real helper: foretold, then done; the two must fit together."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

from tests.helpers.session import REIGN, Session


def do(helper: Session, op: str, **args: Any) -> dict[str, Any]:
    """For real, so only below a folder of the test's own: this is the machine we all stand on."""
    path = str(args["path"])
    assert "pytest-" in path
    assert ".." not in path
    foretold = helper.call("check", op=op, args=args)["data"]
    reply = helper.call(op, reign=REIGN, **args)
    assert reply["ok"], reply
    data: dict[str, Any] = reply["data"]
    assert foretold["would"] == ("change" if data["changed"] else "nothing"), (foretold, data)
    assert foretold["diff"] == data["diff"]
    return data


def refused(helper: Session, op: str, **args: Any) -> str:
    """Foretold with the very words with which it is then refused."""
    assert "pytest-" in str(args["path"])
    foretold = helper.call("check", op=op, args=args)
    reply = helper.call(op, reign=REIGN, **args)
    assert not reply["ok"], reply
    assert foretold["error"]["message"] == reply["error"]["message"]
    return str(reply["error"]["message"])


def mode_of(path: Path) -> str:
    return f"{stat.S_IMODE(path.stat().st_mode):04o}"
