"""systemd's words for a unit, and ours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from remote_helpers.child import Completed
from remote_helpers.operation import OperationError
from remote_helpers.resources import systemd


class Systemctl:
    """Stands where a context stands and answers as systemctl does."""

    def __init__(self, stdout: str, rc: int = 0, stderr: str = "") -> None:
        self._answer = Completed(rc, stdout, stderr)

    def run(self, command: Sequence[str], **_: Any) -> Completed:
        assert command[:2] == ["systemctl", "show"]
        return self._answer


def of_unit(**properties: str) -> str:
    usual = {"LoadState": "loaded", "UnitFileState": "disabled", "Result": "success"}
    return "".join(f"{name}={value}\n" for name, value in (usual | properties).items())


@pytest.mark.parametrize(
    ("properties", "state", "detail"),
    [
        (
            {"ActiveState": "active", "SubState": "running"},
            "started",
            "db.service is active (running)",
        ),
        (
            {"ActiveState": "active", "SubState": "exited"},
            "started",
            "db.service is active (exited)",
        ),
        (
            {"ActiveState": "reloading", "SubState": "reload"},
            "started",
            "db.service is reloading (reload)",
        ),
        (
            {"ActiveState": "inactive", "SubState": "dead", "Job": "4711"},
            "failed",
            "db.service is inactive (dead), but job 4711 is queued: it may start at any moment",
        ),
        (
            {"ActiveState": "inactive", "SubState": "dead"},
            "stopped",
            "db.service is inactive (dead)",
        ),
        (
            {"ActiveState": "activating", "SubState": "auto-restart", "Result": "exit-code"}
            | {"ExecMainStatus": "2"},
            "failed",
            "db.service is activating (auto-restart), result exit-code, exit status 2",
        ),
        (
            {"ActiveState": "deactivating", "SubState": "stop-sigterm"},
            "failed",
            "db.service is deactivating (stop-sigterm)",
        ),
        (
            {"ActiveState": "failed", "SubState": "failed", "Result": "signal"}
            | {"ExecMainStatus": "9"},
            "failed",
            "db.service is failed (failed), result signal, exit status 9",
        ),
        (
            {"ActiveState": "inactive", "SubState": "dead", "LoadState": "not-found"},
            "stopped",
            "there is no unit db.service on this server",
        ),
        (
            {"ActiveState": "active", "SubState": "running", "LoadState": "not-found"},
            "started",
            "there is no unit db.service on this server, but it is still active",
        ),
        (
            {"ActiveState": "inactive", "SubState": "dead", "LoadState": "masked"},
            "stopped",
            "db.service is inactive (dead), masked: systemctl unmask db.service",
        ),
        (
            {"ActiveState": "active", "SubState": "running", "UnitFileState": "enabled"},
            "started",
            "db.service is active (running); enabled at boot, would start by itself: "
            "systemctl disable db.service",
        ),
    ],
)
def test_what_systemd_shows_is_judged(properties: dict[str, str], state: str, detail: str):
    context: Any = Systemctl(of_unit(**properties))
    found = systemd.check(context, "database", {"unit": "db"})

    assert (found["state"], found["detail"]) == (state, detail)


def test_a_server_without_systemd_tells_nothing_of_the_unit():
    context: Any = Systemctl("", rc=1, stderr="System has not been booted with systemd\n")

    with pytest.raises(OperationError) as caught:
        systemd.check(context, "database", {"unit": "db"})
    assert caught.value.kind == "unsupported"
    assert "not been booted with systemd" in str(caught.value)
