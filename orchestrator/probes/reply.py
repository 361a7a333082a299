"""Turns what a server answered to a poll into its view. Pure; called by `collect`.

Whatever is odd in an answer makes that one fact unknown and says why; it never raises, and never
becomes 'stopped', 'no record' or zero.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, assert_never

from orchestrator.model import (
    ControllerId,
    Epoch,
    EpochRecord,
    Group,
    HostFacts,
    Monotonic,
    NetworkName,
    NetworkState,
    Observation,
    ResourceName,
    ResourceState,
    RunId,
    Seen,
    ServerName,
    ServerView,
    Unknown,
    UnknownReason,
)
from orchestrator.probes.data_reply import CARRIERS, data_facts
from orchestrator.transport import (
    Done,
    Failed,
    FailureKind,
    Reply,
    Unreachable,
    UnreachableKind,
)

T = TypeVar("T")

STATES = {state.value: state for state in ResourceState}


def server_view(group: Group, server: ServerName, reply: Reply, at: Monotonic) -> ServerView:
    """`at`: when the question was sent, so that no fact looks younger than it is."""
    match reply:
        case Done(data=data, through=through):
            way = "" if through is None else f"through {through}"
            return _answered(group, server, data, Seen(value=None, at=at, detail=way))
        case Failed(kind=kind, message=message):
            late = kind is FailureKind.TIMED_OUT
            reason = UnknownReason.TIMED_OUT if late else UnknownReason.CHECK_FAILED
            unknown = Unknown(reason=reason, at=at, detail=message)
            return _nothing_known(group, server, Seen(value=None, at=at), unknown)
        case Unreachable(kind=kind, message=message):
            return unreachable(group, server, at, message, late=kind is UnreachableKind.TIMED_OUT)
        case _:
            assert_never(reply)


def unreachable(
    group: Group, server: ServerName, at: Monotonic, message: str, *, late: bool
) -> ServerView:
    reason = UnknownReason.TIMED_OUT if late else UnknownReason.UNREACHABLE
    unknown = Unknown(reason=reason, at=at, detail=message)
    return _nothing_known(group, server, unknown, unknown)


def _nothing_known(
    group: Group, server: ServerName, reach: Observation[None], unknown: Unknown
) -> ServerView:
    return ServerView(
        server=server,
        reach=reach,
        resources=dict.fromkeys(group.resources, unknown),
        networks=dict.fromkeys(group.networks, unknown),
        data={name: unknown for name, one in group.resources.items() if one.type in CARRIERS},
        epoch=unknown,
        facts=unknown,
    )


def _answered(
    group: Group, server: ServerName, data: Mapping[str, Any], reach: Seen[None]
) -> ServerView:
    at = reach.at
    return ServerView(
        server=server,
        reach=reach,
        resources={name: _resource(name, data, at) for name in group.resources},
        networks={name: _network(name, data, at) for name in group.networks},
        data=data_facts(group, _mapping_or_empty(data.get("resources")), at),
        epoch=_part("epoch", data, at, _record),
        facts=_part("facts", data, at, _facts),
    )


def _resource(
    name: ResourceName, data: Mapping[str, Any], at: Monotonic
) -> Observation[ResourceState]:
    states = data.get("resources")
    answer = states.get(name) if isinstance(states, Mapping) else None
    if not isinstance(answer, Mapping):
        return _odd(at, f"the answer says nothing of {name}")
    word, detail = answer.get("state"), str(answer.get("detail") or "")
    if isinstance(word, str) and word in STATES:
        return Seen(value=STATES[word], at=at, detail=detail)
    if word == "unknown":
        late = answer.get("reason") == FailureKind.TIMED_OUT.value
        reason = UnknownReason.TIMED_OUT if late else UnknownReason.CHECK_FAILED
        return Unknown(reason=reason, at=at, detail=detail)
    return _odd(at, f"the answer calls {name} {word!r}, which is no state")


def _mapping_or_empty(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _network(
    name: NetworkName, data: Mapping[str, Any], at: Monotonic
) -> Observation[NetworkState]:
    answers = data.get("networks")
    answer = answers.get(name) if isinstance(answers, Mapping) else None
    if not isinstance(answer, Mapping):
        return _odd(at, f"the answer says nothing of network {name}")
    return _part("network", answer, at, _network_state)


def _network_state(answer: Any) -> NetworkState:
    fields = _mapping(answer, "the answer")
    is_there = fields.get("up") is not None
    return NetworkState(
        device=_text(fields, "device"),
        is_there=is_there,
        up=is_there and _flag(fields, "up"),
        carrier=is_there and _flag(fields, "carrier"),
        speed_mbit=None if fields.get("speed_mbit") is None else _count(fields, "speed_mbit"),
        addresses=_texts(fields.get("addresses"), "addresses") if is_there else (),
        gateway_answers=(
            None if fields.get("gateway_answers") is None else _flag(fields, "gateway_answers")
        ),
    )


def _part(
    name: str, data: Mapping[str, Any], at: Monotonic, parse: Callable[[Any], T]
) -> Observation[T]:
    trouble = data.get(f"{name}_error")
    if trouble:
        return _odd(at, str(trouble))
    if name not in data:
        return _odd(at, f"the answer has no {name}")
    try:
        return Seen(value=parse(data[name]), at=at)
    except _Odd as odd:
        return _odd(at, f"{name}: {odd}")


def _odd(at: Monotonic, detail: str) -> Unknown:
    return Unknown(reason=UnknownReason.CHECK_FAILED, at=at, detail=detail)


def _record(answer: Any) -> EpochRecord | None:
    if answer is None:
        return None
    fields = _mapping(answer, "the record")
    return EpochRecord(
        promised=Epoch(_count(fields, "promised")),
        reigning=Epoch(_count(fields, "reigning")),
        controller=ControllerId(_text(fields, "controller")),
        run=RunId(_text(fields, "run")),
        counter=_count(fields, "counter"),
    )


def _facts(answer: Any) -> HostFacts:
    fields = _mapping(answer, "the answer")
    addresses = {
        str(device): _texts(here, f"addresses of {device}")
        for device, here in _mapping(fields.get("addresses"), "addresses").items()
    }
    return HostFacts(
        hostname=_text(fields, "hostname"),
        boot_id=_text(fields, "boot_id"),
        os=_text(fields, "os"),
        kernel=_text(fields, "kernel"),
        model=_text(fields, "model"),
        cpus_online=_count(fields, "cpus_online"),
        cpus_total=_count(fields, "cpus_total"),
        memory_bytes=_count(fields, "memory_bytes"),
        memory_available_bytes=_count(fields, "memory_available_bytes"),
        load1=_number(fields, "load1"),
        uptime_s=_number(fields, "uptime_s"),
        addresses=addresses,
    )


class _Odd(Exception):
    """What was found where something else was expected; caught in this file."""


def _mapping(value: Any, what: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise _Odd(f"{what} is {value!r}")
    return value


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str):
        raise _Odd(f"{name} is {value!r}")
    return value


def _flag(fields: Mapping[str, Any], name: str) -> bool:
    """Never false for want of an answer: a link that is not known to be down is not down."""
    value = fields.get(name)
    if not isinstance(value, bool):
        raise _Odd(f"{name} is {value!r}")
    return value


def _texts(value: Any, what: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise _Odd(f"{what} are {value!r}")
    return tuple(value)


def _count(fields: Mapping[str, Any], name: str) -> int:
    value = fields.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise _Odd(f"{name} is {value!r}")
    return value


def _number(fields: Mapping[str, Any], name: str) -> float:
    value = fields.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise _Odd(f"{name} is {value!r}")
    return float(value)
