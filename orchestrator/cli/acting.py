"""Carries an order out: by the daemon where one looks after the groups, else here.

One rule for all: whoever exercises the controller's vote also runs the playbook.
"""

from orchestrator.executor.run import RunResult
from orchestrator.model import Refusal
from orchestrator.runtime.application import Application
from orchestrator.runtime.operate import carry_out, resume, unfinished_run
from orchestrator.runtime.order import Caller, Order


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
    application: Application, run: str, caller: Caller
) -> RunResult | tuple[Refusal, ...]:
    from orchestrator.daemon.client import found
    from orchestrator.daemon.one_off import one_off

    daemon = await found(application.state_directory)
    if daemon is not None:
        return await daemon.resume(run, caller)
    group = application.group((await unfinished_run(application, run)).group)
    if await application.states.pairing(group.name) is not None:
        return await one_off(application, group, lambda steward: steward.runs.resume(run, caller))
    return await resume(application, run, caller)
