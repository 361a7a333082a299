"""Whether DRBD and shared disks are set up so that the group's promises hold: for `check --live`.

Pure; called by `fitness` with what the survey answered.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from orchestrator.decision.finding import Weight

LEAST_LEASE_S = 2.0
"""Below, no setting of DRBD notices a lost peer in time: pings are whole seconds apart."""
PROPOSED = "net { ping-int 1; timeout 10; ping-timeout 3; }"


Found = Iterator[tuple[Weight, str, str]]


def notices_after_s(answer: Mapping[str, Any]) -> float:
    """About how long a lost peer takes to be noticed, and writes wait.

    Measured on 8.4 at 10/60/5: 7.5 to 8 s; at 2/20/5: up to 3 s; at 1/10/3: 0.6 to 1.4 s.
    """
    quiet_s = max(float(answer["ping_int"]), answer["timeout"] / 10)
    return float(quiet_s + answer["ping_timeout"] / 10)


def of_drbd(
    name: str, answer: Mapping[str, Any], *, lease_s: float, handler: str, accept_loss: bool
) -> Found:
    if "problem" in answer:
        yield Weight.ERROR, f"{name}: {answer['problem']}", "configure it alike on both servers"
        return
    late_s = notices_after_s(answer)
    if late_s > lease_s:
        yield (
            Weight.WARNING,
            f"{name}: DRBD notices a lost peer after about {late_s:.1f} s, the lease is "
            f"{lease_s:g} s: writes wait that long",
            f"write {PROPOSED}, then drbdadm adjust; not into the running kernel alone"
            if lease_s >= LEAST_LEASE_S
            else f"a lease of {LEAST_LEASE_S:g} s or more, with {PROPOSED}",
        )
    if answer["is_9"] and answer["auto_promote"]:
        yield (
            Weight.ERROR,
            f"{name}: DRBD promotes it for whoever opens the device, without regard to the lease",
            "write auto-promote no; into its options on both servers",
        )
    yield from _handler(name, answer, handler=handler, accept_loss=accept_loss)


def _handler(name: str, answer: Mapping[str, Any], *, handler: str, accept_loss: bool) -> Found:
    configured = answer["handler"]
    if answer["fencing"] == "resource-and-stonith" and configured == handler:
        if not answer["handler_is_there"]:
            yield (
                Weight.ERROR,
                f"{name}: {handler} is not there: a lost link would freeze every write for good",
                "a playbook with drbd: {resource: ..., state: guarded} lays it there",
            )
    elif answer["fencing"] == "resource-and-stonith":
        yield (
            Weight.WARNING,
            f"{name}: fence-peer is {configured or 'nothing'}, which does not know the group",
            f'write fence-peer "{handler}"; into its handlers (howto/drbd.md)',
        )
    elif not accept_loss:
        yield (
            Weight.WARNING,
            f"{name}: data: may lose what was written since the last poll (no fence-peer handler)",
            "docs/howto/drbd.md, or say so in the group's file: data: {accept_loss: true}",
        )


def of_volume_group(
    name: str, group: str, answer: Mapping[str, Any], *, reservation: bool
) -> Found:
    if answer.get("missing", True):
        yield (
            Weight.ERROR,
            f"{name}: not all disks of the volume group {group} are seen here",
            "see vgs --foreign, cables, zoning, iscsiadm",
        )
    if not answer.get("system_id"):
        yield (
            Weight.ERROR,
            f"{name}: LVM has no system id, and would activate {group} on both servers",
            "set system_id_source in /etc/lvm/lvm.conf, e.g. to uname",
        )
    for device, has_them in sorted(answer.get("reservations", {}).items()):
        if reservation and not has_them:
            yield (
                Weight.ERROR,
                f"{name}: {device} knows no persistent reservations",
                "leave reservation away, or use a disk that has them",
            )
