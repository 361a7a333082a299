"""A DRBD resource: Primary here, or not. Secondary is `stopped`: nobody can write through it.

A start is asked of the table of `replication.promotion` before it is asked of the kernel, which
would promote more than is good.
"""

import re
from typing import Any, Dict, List, Mapping, Optional

from remote_helpers import fence_peer
from remote_helpers.child import Completed
from remote_helpers.operation import Context, OperationError, state
from remote_helpers.replication import promotion
from remote_helpers.replication.words import (
    Connection,
    Disk,
    Replicating,
    Replication,
    Volume,
    to_json,
)
from remote_helpers.resources.drbd_view import observe
from remote_helpers.resources.mounts import holders_of, mounted
from remote_helpers.resources.waiting import REPORT_IN_S, shown

Spec = Mapping[str, Any]

BUSY_FOR_S = 5.0
"""How long a demotion is repeated while the device is held open: what stopped may still close."""
CONNECT_FOR_S = 10.0
"""How long a resource that was just brought up may take to find its peer, whose word counts."""
AGAIN_S = 0.05
_NOT_THERE = 10
"""Of drbdadm: the kernel has no such resource."""
_UNSETTLED = frozenset((Disk.ATTACHING, Disk.NEGOTIATING))
_HANDSHAKE = frozenset(
    (Replicating.BITMAP_SOURCE, Replicating.BITMAP_TARGET, Replicating.WAITING_FOR_UUID)
)
_KERNEL = {
    "-1": "peer-primary",
    "-2": "not-up-to-date",
    "-7": "not-cleared",
    "-12": "held-open",
}
"""Of the kernel's refusals (enum drbd_state_rv), those that a person can do something about."""


def check(context: Context, _name: str, spec: Spec) -> Dict[str, Any]:
    return _judged(observe(context, _resource(spec)), changed=False)


def start(context: Context, _name: str, spec: Spec) -> Dict[str, Any]:
    resource = _resource(spec)
    seen = observe(context, resource)
    if seen.is_primary:
        return _started(_judged(seen, changed=False))
    if not seen.is_up:
        seen = bring_up(context, resource)
    ruling = promotion.refusal(seen)
    if ruling is not None:
        raise OperationError("failed", _words(ruling), {"refused": ruling.reason})
    with fence_peer.cleared(context, resource):
        done = context.run(["drbdadm", "primary", resource], timeout=_limit(context))
    after = observe(context, resource)
    if not after.is_primary:
        raise _refused("promoted", done, after)
    return _started(_judged(after, changed=True))


def stop(context: Context, _name: str, spec: Spec) -> Dict[str, Any]:
    resource = _resource(spec)
    seen = observe(context, resource)
    was_primary = seen.is_primary
    began = context.remaining()
    pause = 0.05
    while seen.is_primary:
        done = context.run(["drbdadm", "secondary", resource], timeout=_limit(context))
        seen = observe(context, resource)
        if not seen.is_primary:
            break
        is_late = context.remaining() <= REPORT_IN_S + pause
        if is_late or began - context.remaining() > BUSY_FOR_S:
            raise _refused("demoted", done, seen)
        context.sleep(pause)
        pause *= 2
    return _judged(seen, changed=was_primary)


def demote(context: Context, _name: str, spec: Spec) -> None:
    """In an emergency: again and again, while what stands on it is taken down beside this."""
    resource = _resource(spec)
    while context.remaining() > REPORT_IN_S:
        done = context.run(["drbdadm", "secondary", resource], timeout=_limit(context))
        if done.rc in (0, _NOT_THERE):
            return
        context.sleep(AGAIN_S)


def hindrance(context: Context, verb: str, spec: Spec, _seen: Mapping[str, Any]) -> str:
    if verb == "stop":
        return ""
    seen = observe(context, _resource(spec))
    ruling = promotion.refusal(seen) if seen.is_up else None
    return "" if ruling is None else _words(ruling)


def _words(ruling: promotion.Ruling) -> str:
    return "not promoted ({}): {}; {}".format(*ruling)


def bring_up(context: Context, resource: str) -> Replication:
    """Up, and known to its peer if the peer can be reached: only then its words mean something."""
    done = context.run(["drbdadm", "up", resource], timeout=_limit(context))
    if done.rc != 0:
        # half of it may be there already: adjust does what is left
        done = context.run(["drbdadm", "adjust", resource], timeout=_limit(context))
    seen = observe(context, resource)
    if not seen.is_up or done.rc != 0:
        message = "drbdadm up {} ended with {}: {}".format(
            resource, done.rc, shown(done.stderr) or "no word why"
        )
        raise OperationError("failed", message, {"rc": done.rc})
    return settle(context, resource)


def settle(context: Context, resource: str) -> Replication:
    """What is seen once it has met its peer, or has had its time to."""
    seen = observe(context, resource)
    began = context.remaining()
    limit = min(CONNECT_FOR_S, began / 2)
    while not _is_settled(seen) and began - context.remaining() < limit:
        context.sleep(0.1)
        seen = observe(context, resource)
    return seen


def _is_settled(seen: Replication) -> bool:
    return seen.connection is Connection.STAND_ALONE or (
        seen.connection is Connection.CONNECTED
        and not any(
            one.disk in _UNSETTLED
            or one.replicating in _HANDSHAKE
            or one.replicating is Replicating.OFF
            for one in seen.volumes
        )
    )


def _judged(seen: Replication, changed: bool) -> Dict[str, Any]:  # noqa: FBT001
    trouble = _trouble(seen) if seen.is_primary else None
    word = "stopped" if not seen.is_primary else "started" if trouble is None else "failed"
    said = promotion.described(seen)
    detail = said if trouble is None else "{}: {}".format(said, trouble)
    return {**state(word, changed, detail), "data": {"kind": "drbd", **to_json(seen)}}


def _trouble(seen: Replication) -> Optional[str]:
    """Why a Primary serves nobody."""
    if seen.suspended:
        return "every write waits ({})".format(", ".join(seen.suspended))
    if not all(_is_readable(one) for one in seen.volumes):
        return "no data within reach: neither disk is UpToDate"
    return None


def _is_readable(one: Volume) -> bool:
    return Disk.UP_TO_DATE in (one.disk, one.peer_disk)


def _started(judged: Dict[str, Any]) -> Dict[str, Any]:
    if judged["state"] != "started":
        raise OperationError("failed", "Primary, but {}".format(judged["detail"]))
    return judged


def _refused(wanted: str, done: Completed, seen: Replication) -> OperationError:
    code = re.search(r"\((-\d+)\)", done.stderr)
    reason = _KERNEL.get(code.group(1) if code else "", "kernel")
    said = "did not end in time" if done.timed_out else shown(done.stderr) or str(done.rc)
    parts = ["not {} ({}): {}".format(wanted, reason, said), promotion.described(seen)]
    if reason == "not-cleared":
        parts.append("the fence-peer handler did not say that the peer is out of date")
    if wanted == "demoted":
        parts.append("held by {}".format(", ".join(_holders(seen)) or "nobody that /proc shows"))
    return OperationError("failed", "; ".join(parts), {"refused": reason, "rc": done.rc})


def _holders(seen: Replication) -> List[str]:
    found: List[str] = []
    for one in seen.volumes:
        device = "/dev/drbd{}".format(one.minor)
        number = "147:{}".format(one.minor)
        found += ["mounted on " + row.path for row in mounted() if row.device_number == number]
        held = holders_of(device)
        found += ["{} {}".format(pid, held[pid]) for pid in sorted(held)]
    return found[:10]


def _limit(context: Context) -> float:
    return max(context.remaining() - REPORT_IN_S, 0.0)


def _resource(spec: Spec) -> str:
    try:
        return str(spec["resource"])
    except KeyError as error:
        raise OperationError("bad-request", "a drbd resource needs resource") from error
