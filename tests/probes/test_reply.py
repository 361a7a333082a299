"""Each file beside this one holds what a server answered and the view that it makes.

`pytest --rewrite` writes the views; the review reads the difference.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from orchestrator.model import (
    Group,
    Monotonic,
    NetworkName,
    Observation,
    ResourceName,
    ResourceState,
    Seen,
    ServerName,
    ServerView,
    Unknown,
    UnknownReason,
)
from orchestrator.probes.reply import server_view
from orchestrator.transport import (
    Done,
    Failed,
    FailureKind,
    Reply,
    Unreachable,
    UnreachableKind,
)
from tests.support.builders import LINUX1, a_group

CASES = sorted(Path(__file__).parent.glob("*.json"))
AT = Monotonic(1000.0)
PUBLIC = NetworkName("public")


def reply_in(case: dict[str, Any]) -> Reply:
    match case["reply"]:
        case {"done": data}:
            return Done(data=data, took_s=0.001)
        case {"failed": kind, "message": message}:
            return Failed(kind=FailureKind(kind), message=message)
        case {"unreachable": kind, "message": message}:
            return Unreachable(kind=UnreachableKind(kind), message=message)
    raise ValueError(case)


def shown(view: ServerView) -> dict[str, Any]:
    return {
        "reach": one(view.reach),
        "resources": {name: one(seen) for name, seen in view.resources.items()},
        "networks": {name: one(seen) for name, seen in view.networks.items()},
        "epoch": one(view.epoch),
        "facts": one(view.facts),
    }


def one(observation: Observation[Any]) -> Any:
    assert observation.at == AT
    match observation:
        case Unknown(reason=reason, detail=detail):
            return {"unknown": reason.value, "detail": detail}
        case Seen(value=value, detail=detail):
            return {"seen": plain(value)} | ({"detail": detail} if detail else {})


def plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return json.loads(json.dumps(dataclasses.asdict(value)))
    return getattr(value, "value", value)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_an_answer_makes_this_view(path: Path, rewrite: bool):  # noqa: FBT001 - a fixture
    case = json.loads(path.read_text())
    view = shown(server_view(a_group(), LINUX1, reply_in(case), AT))
    if rewrite:
        path.write_text(
            json.dumps({"why": case["why"], "reply": case["reply"], "view": view}, indent=1) + "\n"
        )

    assert view == case.get("view") or rewrite


WHOLE = json.loads((Path(__file__).parent / "started.json").read_text())["reply"]["done"]


def holes(value: Any) -> list[Any]:
    """The answer with, in turn, each of its parts replaced by something that does not belong."""
    if not isinstance(value, dict):
        return []
    found = []
    for key in value:
        odd = [None, 7, -1, True, "x", [], {}, [None], float("nan"), {"state": 5}]
        found += [value | {key: one} for one in odd]
        found += [value | {key: one} for one in holes(value[key])]
        found.append({name: value[name] for name in value if name != key})
    return found


def test_no_oddity_raises_or_becomes_a_stopped_resource_a_lost_link_or_no_record():
    group: Group = a_group()
    answers = holes(WHOLE)

    assert len(answers) > 100
    for answer in answers:
        view = server_view(group, LINUX1, Done(data=answer, took_s=0.0), AT)
        for seen in view.resources.values():
            assert state_or_reason(seen) in (ResourceState.STARTED, UnknownReason.CHECK_FAILED)
        network = view.networks[PUBLIC]
        if isinstance(network, Seen) and network.value.is_there:
            assert (network.value.up, network.value.carrier) == (True, True)
        if isinstance(view.epoch, Seen) and view.epoch.value is None:
            assert answer["epoch"] is None


def state_or_reason(seen: Observation[ResourceState]) -> ResourceState | UnknownReason:
    return seen.reason if isinstance(seen, Unknown) else seen.value


def test_every_resource_of_the_group_is_in_every_view():
    group = a_group()
    replies: list[Reply] = [
        Done(data={}, took_s=0.0),
        Failed(kind=FailureKind.BUSY, message="busy"),
        Unreachable(kind=UnreachableKind.REFUSED, message="refused"),
    ]

    for reply in replies:
        view = server_view(group, LINUX1, reply, AT)
        assert list(view.resources) == list(group.resources)
        assert ResourceName("site") in view.resources


def test_an_answer_through_the_peer_says_so():
    reply = Done(data={}, took_s=0.001, through=ServerName("linux2"))

    view = server_view(a_group(), LINUX1, reply, AT)

    assert view.reach == Seen(value=None, at=AT, detail="through linux2")
