"""Twelve steps on two servers: the product, Ansible, OpenSSH's client and the floor, by turns."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Sequence
from pathlib import Path

from tests.bench import contenders
from tests.bench.contenders import Contender, Failed
from tests.bench.figures import Figure, figures
from tests.bench.pair import running_pair
from tests.bench.peers import ansible_playbook
from tests.bench.steps import DONE

ROUNDS = 5
BUDGET_S = 60.0
"""On a busy machine no further round begins after this time."""
QUICK_ONES = 8
"""How often a contender that takes less than a second has its turn in each round."""


async def measure(folder: Path) -> list[Figure]:
    """In milliseconds. The state is put back, untimed, before each turn and looked at after it."""
    ansible = ansible_playbook()
    with running_pair(folder) as pair:
        async with (
            contenders.floor(pair) as floor,
            contenders.hasys(pair) as hasys,
            contenders.ssh(pair) as ssh,
        ):
            quick: list[Contender] = [floor, hasys, ssh]
            slow: list[Contender] = []
            if os.geteuid() == 0:
                slow.append(contenders.command_line(pair))
            if ansible is not None:
                slow.append(contenders.ansible(pair, ansible))
            samples = await _by_turns(quick, slow)
    return figures(samples, "ms", to=("floor", "ansible-playbook"))


async def _by_turns(
    quick: Sequence[Contender], slow: Sequence[Contender]
) -> dict[str, list[float]]:
    for contender in (*quick, *slow):
        await _turn(contender)  # opens connections, fills caches
    samples: dict[str, list[float]] = {one.name: [] for one in (*quick, *slow)}
    end = time.monotonic() + BUDGET_S
    for number in range(ROUNDS):
        if number > 0 and time.monotonic() > end:
            break
        for contender in [*slow, *quick * QUICK_ONES]:
            samples[contender.name].append(await _turn(contender))
    return samples


async def _turn(contender: Contender) -> float:
    contender.failover.prepare()
    began = time.perf_counter()
    await contender.run()
    took_s = time.perf_counter() - began
    with contextlib.suppress(FileNotFoundError):
        if contender.failover.state() == DONE:
            return took_s * 1000
    raise Failed(f"{contender.name} left another state: {contender.failover.state()}")
