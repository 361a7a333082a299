"""One question for a whole group: everything at once, and nothing waits for what hangs."""

from __future__ import annotations

import json
import os
import time
import uuid
from pathlib import Path
from typing import Any

import pytest

from remote_helpers import poll
from remote_helpers.child import Children
from remote_helpers.operation import Context
from remote_helpers.resources import TYPES


def command(name: str, check: str) -> dict[str, Any]:
    spec = {"start": "true", "stop": "true", "check": check}
    return {"name": name, "type": "command", "spec": spec}


def ask(
    folder: Path, *resources: dict[str, Any], each_s: float = 5.0, group: str = "web"
) -> dict[str, Any]:
    context = Context(group, time.monotonic() + 10.0, Children(), state_directory=str(folder))
    return poll.poll(context, {"group": group, "resources": resources, "deadline_s": each_s})


def test_every_resource_the_record_and_the_machine_are_answered(tmp_path: Path):
    answer = ask(tmp_path, command("a", "echo well"), command("b", "exit 3"))

    assert answer["resources"] == {
        "a": {"state": "started", "detail": "check command ended with 0: well"},
        "b": {"state": "stopped", "detail": "check command ended with 3"},
    }
    assert answer["epoch"] is None
    assert answer["facts"]["cpus_online"] == os.cpu_count()
    assert json.loads(json.dumps(answer)) == answer


def test_checks_run_side_by_side(tmp_path: Path):
    began = time.monotonic()
    ask(tmp_path, *(command(f"c{number}", "sleep 0.3") for number in range(6)))

    assert time.monotonic() - began < 1.6


def test_a_check_that_does_not_end_is_unknown_and_delays_nobody_else_further(tmp_path: Path):
    began = time.monotonic()
    answer = ask(tmp_path, command("hangs", "sleep 60"), command("a", "true"), each_s=0.4)
    took = time.monotonic() - began

    assert took < 5.0
    assert answer["resources"]["a"]["state"] == "started"
    assert answer["resources"]["hangs"]["state"] == "unknown"
    assert answer["resources"]["hangs"]["reason"] == "timed-out"


def test_a_look_that_cannot_be_ended_is_not_waited_for_again_nor_begun_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """As in a system call on a dead disk: no signal ends it, and the thread stays."""
    begun = []

    def stuck(_context: Context, name: str, _spec: object) -> dict[str, Any]:
        begun.append(name)
        time.sleep(4.0)
        return {"state": "started", "changed": False, "detail": ""}

    monkeypatch.setitem(TYPES, "stuck", type("Stuck", (), {"check": staticmethod(stuck)}))
    resource = {"name": uuid.uuid4().hex, "type": "stuck", "spec": {}}
    first = ask(tmp_path, resource, each_s=0.3)
    began = time.monotonic()
    second = ask(tmp_path, resource, each_s=0.3)
    took = time.monotonic() - began

    states = [answer["resources"][resource["name"]]["state"] for answer in (first, second)]
    assert states == ["unknown", "unknown"]
    assert took < 0.25
    assert len(begun) == 1


def test_what_a_look_saw_before_it_was_asked_for_is_looked_at_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """It may have seen 'stopped' and hung, while somebody started it."""
    seen = ["started", "stopped"]

    class Slow:
        @staticmethod
        def check(_context: Context, _name: str, _spec: Any) -> dict[str, Any]:
            word = seen.pop()
            time.sleep(0.6 if word == "stopped" else 0.0)
            return {"state": word, "detail": ""}

    monkeypatch.setitem(TYPES, "slow", Slow)
    slow = {"name": uuid.uuid4().hex, "type": "slow", "spec": {}}
    first = ask(tmp_path, slow, each_s=0.1)["resources"][slow["name"]]
    second = ask(tmp_path, slow, each_s=5.0)["resources"][slow["name"]]

    assert (first["state"], second["state"]) == ("unknown", "started")


def test_a_damaged_record_and_an_unknown_type_spoil_only_themselves(tmp_path: Path):
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "epoch.json").write_text("{")
    answer = ask(tmp_path, {"name": "x", "type": "nosuch", "spec": {}}, command("a", "true"))

    assert "epoch" not in answer
    assert "is damaged" in answer["epoch_error"]
    assert answer["resources"]["x"]["state"] == "unknown"
    assert answer["resources"]["x"]["reason"] == "bad-request"
    assert answer["resources"]["a"]["state"] == "started"
