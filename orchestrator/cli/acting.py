"""Carries an order out: by the daemon where one looks after the groups, else here.

One rule for all: whoever exercises the controller's vote also runs the playbook.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestrator.executor.run import RunResult
from orchestrator.model import Refusal
from orchestrator.runtime.application import Application
from orchestrator.runtime.operate import carry_out, resume, unfinished_run
from orchestrator.runtime.order import Caller, Order

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from orchestrator.cli.settings import Settings
    from orchestrator.daemon.steward import Steward


async def ask_loop(
    settings: Settings,
    name: str,
    request: Mapping[str, Any],
    here: Callable[[Steward], Awaitable[dict[str, Any]]],
) -> dict[str, Any]:
    """What the loop of a group answers: that of the daemon, else one for this command (`here`)."""
    from orchestrator.daemon.client import found
    from orchestrator.daemon.one_off import one_off

    async with settings.application() as application:
        group = application.group(name)
        daemon = await found(application.state_directory)
        if daemon is not None:
            return await daemon.ask({**request, "group": name})
        return await one_off(application, group, here)


async def act(
    application: Application, order: Order, caller: Caller
) -> RunResult | tuple[Refusal, ...]:
    from orchestrator.daemon.client import found
    from orchestrator.daemon.one_off import one_off

    daemon = await found(application.state_directory)
    if daemon is not None:
        return await daemon.carry_out(order, caller)
    if await application.states.pairing(order.group.name) is not None:
        return await one_off(
            application, order.group, lambda steward: steward.runs.carry_out(order, caller)
        )
    return await carry_out(application, order, caller)


async def go_on(
    application: Application, run: str, caller: Caller, accepted: str = ""
) -> RunResult | tuple[Refusal, ...]:
    from orchestrator.daemon.client import found
    from orchestrator.daemon.one_off import one_off

    daemon = await found(application.state_directory)
    if daemon is not None:
        return await daemon.resume(run, caller, accepted)
    group = application.group((await unfinished_run(application, run)).group)
    if await application.states.pairing(group.name) is not None:
        return await one_off(
            application, group, lambda steward: steward.runs.resume(run, caller, accepted)
        )
    return await resume(application, run, caller, accepted)
