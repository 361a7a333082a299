"""What may be done to a DRBD resource beside promoting and demoting: operation `copies.bring`.

Each is idempotent, and answers by what is seen afterwards. Nothing here makes a side Primary.
"""

from typing import Any, Callable, Dict, Mapping, NamedTuple, Tuple

from remote_helpers import fence_peer, kept_copy
from remote_helpers.operation import Context, OperationError, prediction
from remote_helpers.replication import promotion
from remote_helpers.replication.words import Connection, Disk, Replication, to_json
from remote_helpers.resources.drbd import bring_up, settle
from remote_helpers.resources.drbd_view import observe
from remote_helpers.resources.waiting import REPORT_IN_S, shown

Args = Mapping[str, Any]
"""`resource`: DRBD's name; `state`: one of STATES."""


class Done(NamedTuple):
    """Whether something was changed, and what a person should know of it."""

    changed: bool
    said: str = ""


def bring(context: Context, args: Args) -> Dict[str, Any]:
    resource, wanted = _read(args)
    done = STATES[wanted].function(context, resource)
    return {**_answer(context, resource, done.said), "changed": done.changed}


def check_bring(context: Context, args: Args) -> Dict[str, Any]:
    resource, wanted = _read(args)
    seen = observe(context, resource)
    verdict = "nothing" if STATES[wanted].is_reached(seen) else "change"
    return prediction(verdict, promotion.described(seen), _answer(context, resource, ""))


def look(context: Context, args: Args) -> Dict[str, Any]:
    """The operation `copies.look`: changes nothing."""
    return {**_answer(context, str(args["resource"]), ""), "changed": False}


def _answer(context: Context, resource: str, said: str) -> Dict[str, Any]:
    seen = observe(context, resource)
    kept = kept_copy.described(context, resource) if seen.is_up else ""
    parts = [promotion.described(seen), said, "kept: " + kept if kept else ""]
    return {
        "detail": "; ".join(part for part in parts if part),
        "in_sync": seen.is_in_sync,
        "alone": seen.alone.value if seen.alone is not None else "",
        "connected": seen.connection is Connection.CONNECTED,
        "standstill": promotion.standstill(seen),
        "out_of_sync_bytes": seen.out_of_sync_bytes,
        "kept": kept,
        "data": {"kind": "drbd", **to_json(seen)},
    }


def _connected(context: Context, resource: str) -> Done:
    """Up, and trying; whether the peer answers shows in what is seen."""
    seen = observe(context, resource)
    if not seen.is_up:
        bring_up(context, resource)
        return Done(changed=True)
    if seen.connection is not Connection.STAND_ALONE:
        return Done(changed=False)
    _drbdadm(context, "connect", resource)
    settle(context, resource)
    return Done(changed=True)


def _attached(context: Context, resource: str) -> Done:
    """A disk that was given up after an error is taken again: DRBD never does that by itself."""
    seen = observe(context, resource)
    if not seen.is_up:
        bring_up(context, resource)
        return Done(changed=True)
    if not _lacks_a_disk(seen):
        return Done(changed=False)
    done = context.run(["drbdadm", "adjust", resource], timeout=_limit(context))
    seen = settle(context, resource)
    if _lacks_a_disk(seen):
        message = "{}: its disk cannot be attached, repair it first: {}".format(
            promotion.described(seen), shown(done.stderr) or "see dmesg"
        )
        raise OperationError("failed", message, {"refused": "no-disk"})
    return Done(changed=True)


def _lacks_a_disk(seen: Replication) -> bool:
    return any(one.disk is Disk.DISKLESS for one in seen.volumes)


def _disconnected(context: Context, resource: str) -> Done:
    seen = observe(context, resource)
    if not seen.is_up or seen.connection is Connection.STAND_ALONE:
        return Done(changed=False)
    _drbdadm(context, "disconnect", resource)
    return Done(changed=True)


def _discarded(context: Context, resource: str) -> Done:
    """What was written here since the two parted is given up for what the peer has."""
    seen = observe(context, resource)
    if seen.is_primary:
        message = "{} is Primary here: stop what runs on it before its data is discarded".format(
            resource
        )
        raise OperationError("failed", message, {"refused": "primary"})
    if seen.is_up and seen.connection is Connection.CONNECTED:
        return Done(changed=False, said="it is connected: there is nothing to discard")
    if not seen.is_up:
        bring_up(context, resource)
    context.run(["drbdadm", "disconnect", resource], timeout=_limit(context))
    _drbdadm(context, "connect", "--discard-my-data", resource)
    settle(context, resource)
    return Done(changed=True)


def _replaced(context: Context, resource: str) -> Done:
    """Its copy is made anew, whole, from the peer's: where DRBD finds nothing in common."""
    seen = observe(context, resource)
    if seen.is_primary:
        message = "{} is Primary here: stop what runs on it before it is replaced".format(resource)
        raise OperationError("failed", message, {"refused": "primary"})
    _drbdadm(context, "down", resource)
    _drbdadm(context, "create-md", "--force", resource)
    bring_up(context, resource)
    return Done(changed=True)


def _outdated(context: Context, resource: str) -> Done:
    """From now on the kernel itself refuses to promote it, whoever asks."""
    seen = observe(context, resource)
    if seen.is_up and all(one.disk in _STALE for one in seen.volumes):
        return Done(changed=False)
    _drbdadm(context, "outdate", resource)
    return Done(changed=True)


def _writing(context: Context, resource: str) -> Done:
    """Frozen writes go on. Only asked for once the peer's copy is durably noted as out of date."""
    seen = observe(context, resource)
    if "fencing" not in seen.suspended:
        return Done(changed=False)
    fence_peer.clear(context, resource, fence_peer.OUTDATED)
    try:
        for _ in range(10):  # the handler waits for this word
            context.sleep(0.1)
            seen = observe(context, resource)
            if "fencing" not in seen.suspended:
                return Done(changed=True)
        _drbdadm(context, "resume-io", resource)  # it had given up waiting
    finally:
        fence_peer.withdraw(context, resource)
    return Done(changed=True)


def _kept(context: Context, resource: str) -> Done:
    seen = observe(context, resource)
    kept = kept_copy.keep(context, resource, seen.out_of_sync_bytes)
    return Done(changed=True, said="kept in " + kept)


def _kept_whole(context: Context, resource: str) -> Done:
    """With room for every block: all of them will be written."""
    whole = sum(one.size_bytes for one in observe(context, resource).volumes)
    kept = kept_copy.keep(context, resource, whole)
    return Done(changed=True, said="kept in " + kept)


def _undone(context: Context, resource: str) -> Done:
    """As before the repair: the split brain is back, and with it what had been discarded."""
    if observe(context, resource).is_primary:
        message = "{} is Primary here: stop what runs on it first".format(resource)
        raise OperationError("failed", message, {"refused": "primary"})
    _drbdadm(context, "down", resource)
    try:
        merged = kept_copy.undo(context, resource)
    finally:
        bring_up(context, resource)
    return Done(changed=True, said="back from " + merged)


def _dropped(context: Context, resource: str) -> Done:
    dropped = kept_copy.drop(context, resource)
    return Done(changed=bool(dropped), said="dropped " + dropped if dropped else "")


def _guarded(context: Context, resource: str) -> Done:
    """Our fence-peer handler lies where the configuration is to name it."""
    changed = fence_peer.install(context, context.group)
    handler, fencing = fence_peer.path_of(context, context.group), "resource-and-stonith"
    seen = observe(context, resource)
    if seen.fencing == fencing and seen.handler == handler:
        return Done(changed=changed)
    said = 'now write into the resource: fencing {}; handlers {{ fence-peer "{}"; }}'
    return Done(changed=changed, said=said.format(fencing, handler))


class _State(NamedTuple):
    function: Callable[[Context, str], Done]
    is_reached: Callable[[Replication], bool]


_STALE = frozenset((Disk.OUTDATED, Disk.INCONSISTENT))


def _never(_seen: Replication) -> bool:
    return False


STATES = {
    "connected": _State(_connected, lambda seen: seen.connection is not Connection.STAND_ALONE),
    "attached": _State(_attached, lambda seen: seen.is_up and not _lacks_a_disk(seen)),
    "disconnected": _State(_disconnected, lambda seen: seen.connection is Connection.STAND_ALONE),
    "discarded": _State(_discarded, lambda seen: seen.connection is Connection.CONNECTED),
    "replaced": _State(_replaced, _never),
    "outdated": _State(
        _outdated, lambda seen: seen.is_up and all(one.disk in _STALE for one in seen.volumes)
    ),
    "writing": _State(_writing, lambda seen: "fencing" not in seen.suspended),
    "kept": _State(_kept, _never),
    "kept-whole": _State(_kept_whole, _never),
    "undone": _State(_undone, _never),
    "dropped": _State(_dropped, _never),
    "guarded": _State(_guarded, lambda seen: seen.is_guarded),
}


def _drbdadm(context: Context, *words: str) -> None:
    done = context.run(["drbdadm", *words], timeout=_limit(context))
    if done.rc != 0:
        said = "did not end in time" if done.timed_out else shown(done.stderr) or str(done.rc)
        message = "drbdadm {}: {}".format(" ".join(words), said)
        raise OperationError("failed", message, {"rc": done.rc})


def _limit(context: Context) -> float:
    return max(context.remaining() - REPORT_IN_S, 0.0)


def _read(args: Args) -> Tuple[str, str]:
    resource, wanted = str(args["resource"]), str(args["state"])
    if wanted not in STATES:
        raise OperationError("bad-request", "no state of a copy: {!r}".format(wanted))
    return resource, wanted
