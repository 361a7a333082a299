"""From what both servers have to what they lack for the group: the findings of `check --live`.

Pure: it compares answers with the definition, and the servers with one another.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from orchestrator.decision import data_fitness
from orchestrator.decision.finding import Finding, Weight
from orchestrator.model import (
    DiskSpec,
    DrbdSpec,
    Group,
    IpSpec,
    MountSpec,
    ServerName,
    SystemdSpec,
)

Survey = Mapping[str, Any]
"""The answer to `probes.survey.survey_request`."""

CLOCK_OFF_S = 1.0
"""Logs of both servers are read on one time line; leases do not depend on it."""


def findings(group: Group, server: ServerName, survey: Survey) -> list[Finding]:
    """Everything that this server lacks, in the order of the definition."""
    found = [*_programs(survey), *_resources(group, survey), *_devices(group, server, survey)]
    return [
        Finding(server=server, weight=weight, what=what, advice=advice)
        for weight, what, advice in found
    ]


def clock_finding(server: ServerName, offset_s: float) -> list[Finding]:
    """`offset_s`: how far the server's clock is ahead of the controller's."""
    if abs(offset_s) < CLOCK_OFF_S:
        return []
    where = "ahead of" if offset_s > 0 else "behind"
    return [
        Finding(
            server=server,
            weight=Weight.WARNING,
            what=f"its clock is {abs(offset_s):.1f} s {where} the controller's",
            advice="let chrony or another NTP service set it",
        )
    ]


_Found = Iterator[tuple[Weight, str, str]]


def _programs(survey: Survey) -> _Found:
    for name, path in sorted(survey.get("programs", {}).items()):
        if path is None:
            yield Weight.ERROR, f"there is no program {name}", "install it, or correct the command"


def _resources(group: Group, survey: Survey) -> _Found:
    for name, resource in group.resources.items():
        match resource.spec:
            case SystemdSpec(unit=unit):
                yield from _unit(name, unit, survey.get("units", {}).get(unit, {}))
            case MountSpec(path=path):
                yield from _mount_point(name, path, survey.get("paths", {}).get(path, {}))
            case DrbdSpec(resource=drbd):
                yield from data_fitness.of_drbd(
                    name,
                    survey.get("drbd", {}).get(drbd, {"problem": "the server says nothing of it"}),
                    lease_s=group.timing.lease_s,
                    handler=f"/var/lib/hasys/{group.name}/fence-peer",
                    accept_loss=group.accept_data_loss,
                )
            case DiskSpec(volume_group=volume_group, reservation=reservation):
                answer = survey.get("volume_groups", {}).get(volume_group, {})
                yield from data_fitness.of_volume_group(
                    name, volume_group, answer, reservation=reservation
                )
            case IpSpec(interface=interface):
                answer = survey.get("addresses", {}).get(str(interface), {})
                yield from _address(name, str(interface), answer)
            case _:
                pass


def _unit(name: str, unit: str, answer: Mapping[str, Any]) -> _Found:
    if answer.get("load") == "not-found":
        yield Weight.ERROR, f"{name}: there is no unit {unit}", "install it on both servers"
    elif answer.get("load") != "loaded":
        why = answer.get("why") or answer.get("load", "no answer")
        yield Weight.ERROR, f"{name}: unit {unit} is not usable: {why}", "see systemctl status"
    if answer.get("at_boot") in ("enabled", "enabled-runtime"):
        yield (
            Weight.ERROR,
            f"{name}: unit {unit} would start by itself at boot, without regard to the other one",
            f"systemctl disable {unit}",
        )


def _mount_point(name: str, path: str, answer: Mapping[str, Any]) -> _Found:
    if not answer.get("directory"):
        yield Weight.ERROR, f"{name}: there is no directory {path}", f"mkdir -p {path}"
    if answer.get("at_boot"):
        yield (
            Weight.ERROR,
            f"{name}: /etc/fstab mounts {path} at boot, without regard to the other server",
            "add noauto to its options, or remove the line",
        )


def _address(name: str, address: str, answer: Mapping[str, Any]) -> _Found:
    for file in answer.get("configured_in", []):
        yield (
            Weight.ERROR,
            f"{name}: {file} would bring {address} up at boot, without regard to the other server",
            "remove the service address there; HA_SYS adds it where it belongs",
        )


def _devices(group: Group, server: ServerName, survey: Survey) -> _Found:
    for name, network in group.networks.items():
        device = network.devices[server]
        answer = survey.get("devices", {}).get(device)
        if answer is None:
            yield (
                Weight.ERROR,
                f"network {name}: there is no interface {device}",
                "correct networks in the group's file: ip link shows what there is",
            )
        elif not answer["up"] or not answer["carrier"]:
            state = "has no carrier" if answer["up"] else "is switched off"
            yield Weight.ERROR, f"network {name}: {device} {state}", "see cable, switch, ip link"
