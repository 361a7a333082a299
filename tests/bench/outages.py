"""A power cut and three cuts of networks, as clients feel them: HA_SYS beside keepalived.

Of each: how long clients got no answer, and for how long two servers had the service address. Every
measurement has a lab of its own, and the contenders take turns.
"""

from __future__ import annotations

import asyncio
import dataclasses
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.bench.clusters import Cluster, HaSys, Keepalived, answer
from tests.bench.figures import Figure, figures
from tests.lab import kinds, programs
from tests.lab.namespaces.lab import NamespacesLab
from tests.lab.outage import measure_outage
from tests.lab.witness import Thing, Witness

ROUNDS = 3
BUDGET_S = 900.0
"""After this time no further round begins."""
CUT_S = 8.0
"""For how long a network is cut: more than twice the default lease."""
SETTLE_S = 4.0
"""After a cut, for two that have the address to notice one another."""
SERVED_WITHIN_S = 60.0

CLUSTERS: tuple[Cluster, ...] = (
    Keepalived(),
    Keepalived(interval_s=0.1),
    Keepalived(device="eth1"),
    HaSys(name="hasys, lease 3 s", timing={"poll": "1s", "lease": "3s"}),
    HaSys(name="hasys, lease 1 s", timing={"poll": "200ms", "lease": "1s"}),
)
FAULTS: dict[str, Callable[[NamespacesLab], None]] = {
    "power cut": lambda lab: lab.power_off("linux1"),
    "public network cut": lambda lab: lab.cut_public("linux1"),
    "heartbeat network cut": lambda lab: lab.cut_heartbeat("linux1"),
    "isolated": lambda lab: lab.isolate("linux1"),
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Felt:
    outage_s: float
    both_s: float
    """For how long two servers had the address."""


async def measure(folder: Path) -> list[Figure]:
    try:
        return await asyncio.to_thread(_by_turns, folder)
    except programs.CannotRun as problem:
        print(f"bench: outages are left out, there is no lab: {problem}", file=sys.stderr)
        return []


def _by_turns(folder: Path) -> list[Figure]:
    outages: dict[str, list[float]] = {}
    both: dict[str, list[float]] = {}
    end = time.monotonic() + BUDGET_S
    for number in range(ROUNDS):
        for fault in FAULTS:
            for cluster in CLUSTERS:
                if number > 0 and time.monotonic() > end:
                    continue
                place = folder / f"{len(outages)}-{number}"
                felt = felt_of(cluster, fault, place)
                row = f"{fault}: {cluster.name}"
                outages.setdefault(row, []).append(felt.outage_s)
                both.setdefault(row, []).append(felt.both_s)
    first = CLUSTERS[0].name
    beside = [f"{fault}: {first}" for fault in FAULTS]
    rows = []
    for to in beside:
        of_fault = {row: took for row, took in outages.items() if row.startswith(to.split(":")[0])}
        rows += figures(of_fault, "s without an answer", to=(to,))
    return rows + figures(both, "s with two owners of the address")


def felt_of(cluster: Cluster, fault: str, folder: Path) -> Felt:
    lab = kinds.up("namespaces", f"bench-{os.getpid()}", variant="keepalived")
    assert isinstance(lab, NamespacesLab)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with (
            cluster.serving(lab, folder),
            Witness(lab.description) as witness,
            measure_outage(lab.description) as client,
        ):
            time.sleep(0.5)  # the client must have seen the service before
            FAULTS[fault](lab)
            _wait(lab, fault)
    finally:
        lab.down()
    spans = witness.timeline.both(Thing.ADDRESS)
    return Felt(outage_s=client.report.longest_s, both_s=sum(span.seconds for span in spans))


def _wait(lab: NamespacesLab, fault: str) -> None:
    """Until the service is back; cuts of networks last, and are mended, at once for all."""
    began = time.monotonic()
    if fault != "power cut":
        time.sleep(CUT_S)
        lab.join("linux1")
        time.sleep(SETTLE_S)
    while not answer(lab):
        if time.monotonic() - began > SERVED_WITHIN_S:
            return  # what the client saw says the rest
        time.sleep(0.05)
    time.sleep(0.5)
