"""Twelve steps on two servers: the product, Ansible, OpenSSH's client and the floor, by turns."""

from __future__ import annotations

import contextlib
import os
import resource
import time
from collections.abc import Sequence
from pathlib import Path

from tests.bench import contenders
from tests.bench.contenders import Contender, Failed
from tests.bench.figures import Figure, figures
from tests.bench.pair import running_pair
from tests.bench.steps import DONE
from tests.support.peers import ANSIBLE, PYINFRA

PROCESSOR_MS = "ms processor time, controller"
ROUNDS = 5
BUDGET_S = 60.0
"""On a busy machine no further round begins after this time."""
QUICK_ONES = 8
"""How often a contender that takes less than a second has its turn in each round."""


async def measure(folder: Path) -> list[Figure]:
    """In milliseconds. The state is put back, untimed, before each turn and looked at after it."""
    ansible, pyinfra = ANSIBLE.ready(), PYINFRA.ready()
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
            if pyinfra is not None:
                slow.append(contenders.pyinfra(pair, pyinfra))
            took, spent = await by_turns(quick, slow)
    beside = ("floor", "ansible-playbook", "pyinfra")
    return figures(took, "ms", to=beside) + figures(spent, PROCESSOR_MS, to=beside)


async def by_turns(
    quick: Sequence[Contender], slow: Sequence[Contender]
) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    for contender in (*quick, *slow):
        await _turn(contender)  # opens connections, fills caches
    took: dict[str, list[float]] = {one.name: [] for one in (*quick, *slow)}
    spent: dict[str, list[float]] = {one.name: [] for one in (*quick, *slow)}
    end = time.monotonic() + BUDGET_S
    for number in range(ROUNDS):
        if number > 0 and time.monotonic() > end:
            break
        for contender in [*slow, *quick * QUICK_ONES]:
            took_s, spent_s = await _turn(contender)
            took[contender.name].append(took_s * 1000)
            spent[contender.name].append(spent_s * 1000)
    return took, spent


async def _turn(contender: Contender) -> tuple[float, float]:
    contender.failover.prepare()
    began, before_s = time.perf_counter(), _spent_s()
    await contender.run()
    took_s, spent_s = time.perf_counter() - began, _spent_s() - before_s
    with contextlib.suppress(FileNotFoundError):
        if contender.failover.state() == DONE:
            return took_s, spent_s
    raise Failed(f"{contender.name} left another state: {contender.failover.state()}")


def _spent_s() -> float:
    """This process's and its ended children's; what Ansible leaves behind is not counted."""
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in both)
