"""Carries an order out: by the daemon where one looks after the groups, else here."""

from orchestrator.executor.run import RunResult
from orchestrator.model import Refusal
from orchestrator.runtime.application import Application
from orchestrator.runtime.operate import carry_out, resume
from orchestrator.runtime.order import Caller, Order


async def act(
    application: Application, order: Order, caller: Caller
) -> RunResult | tuple[Refusal, ...]:
    """One rule for all: whoever exercises the controller's vote also runs the playbook."""
    from orchestrator.daemon.client import found

    daemon = await found(application.state_directory)
    if daemon is not None:
        return await daemon.carry_out(order, caller)
    return await carry_out(application, order, caller)


async def go_on(
    application: Application, run: str, caller: Caller
) -> RunResult | tuple[Refusal, ...]:
    from orchestrator.daemon.client import found

    daemon = await found(application.state_directory)
    if daemon is not None:
        return await daemon.resume(run, caller)
    return await resume(application, run, caller)
