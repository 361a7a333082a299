"""`--check`, `--diff` and `--plan`: foretell an order, or carry out exactly what was foretold."""

import asyncio
import dataclasses
import functools
from collections.abc import Callable
from typing import Any, TypeVar

import click

from orchestrator.cli import plan as shown
from orchestrator.cli.acting import act
from orchestrator.cli.refused import refused
from orchestrator.cli.running import Following, follow
from orchestrator.cli.settings import Settings
from orchestrator.executor.plan import Plan
from orchestrator.executor.run import RunResult
from orchestrator.model import Refusal
from orchestrator.playbooks.model import Program
from orchestrator.runtime.application import Application
from orchestrator.runtime.bind import program_of
from orchestrator.runtime.order import Caller, Order
from orchestrator.runtime.plan import checked_digest, foresee

OrderOf = Callable[[Application], Order]
Command = TypeVar("Command", bound=Callable[..., int])


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Planning:
    check: bool = False
    diff: bool = False
    plan: str = ""


def with_planning(command: Command) -> Command:
    """A command that can be foretold: it gets its options as `planning`."""

    @click.option("-C", "--check", is_flag=True, help="Change nothing; say what would be done.")
    @click.option("-D", "--diff", is_flag=True, help="Show what differs within files.")
    @click.option(
        "--plan", default="", metavar="DIGEST", help="Do exactly what --check showed, or nothing."
    )
    @functools.wraps(command)
    def planning_command(*args: Any, check: bool, diff: bool, plan: str, **options: Any) -> int:
        return command(*args, planning=Planning(check=check, diff=diff, plan=plan), **options)

    return planning_command  # type: ignore[return-value]


def carry(order_of: OrderOf, settings: Settings, following: Following, planning: Planning) -> int:
    """Foretells what was ordered, or runs it; the exit code."""
    if planning.check:
        return foretell(order_of, settings, planning)
    digest = checked_digest(planning.plan) if planning.plan else ""

    async def operation(
        application: Application, caller: Caller
    ) -> RunResult | tuple[Refusal, ...]:
        order = dataclasses.replace(order_of(application), plan=digest, diff=planning.diff)
        return await act(application, order, caller)

    return follow(operation, settings, following)


def foretell(order_of: OrderOf, settings: Settings, planning: Planning) -> int:
    found = asyncio.run(_foresee(order_of, settings))
    if not isinstance(found[0], Plan):
        return refused(found, settings)
    plan, program = found
    if settings.output == "json":
        shown.show_json(plan, program)
    else:
        shown.show(plan, program, with_diff=planning.diff)
    return shown.exit_code(plan)


async def _foresee(
    order_of: OrderOf, settings: Settings
) -> tuple[Plan, Program] | tuple[Refusal, ...]:
    from orchestrator.daemon.client import found as listening

    async with settings.application() as application:
        order = order_of(application)
        daemon = await listening(application.state_directory)
        foresight = functools.partial(daemon.foresee, order.group.name) if daemon else None
        found = await foresee(application, order, foresight)
        return (found, program_of(application, order)) if isinstance(found, Plan) else found
