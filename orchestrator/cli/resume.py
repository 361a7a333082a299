"""`hasys resume`: go on with a run that was cut, or end it."""

import asyncio
import getpass

import click

from orchestrator.cli.acting import go_on
from orchestrator.cli.running import Following, follow, with_following
from orchestrator.cli.settings import Settings, with_settings
from orchestrator.executor.charter import Charter
from orchestrator.executor.run import RunResult
from orchestrator.model import Refusal
from orchestrator.runtime.application import Application
from orchestrator.runtime.edited import notice
from orchestrator.runtime.operate import abandon, unfinished_run
from orchestrator.runtime.order import Caller
from orchestrator.runtime.plan import checked_digest


@click.command("resume")
@click.argument("run")
@click.option("--abandon", "give_up", is_flag=True, help="End the run; do nothing more of it.")
@click.option(
    "--accept",
    "accepted",
    default="",
    metavar="DIGEST",
    help="Go on by the changed definition that was shown, and by no other.",
)
@with_following
@with_settings
def resume_command(
    run: str, give_up: bool, accepted: str, settings: Settings, following: Following
) -> int:
    """Go on with a run that was interrupted or whose controller died.

    What had ended is not done again; what was under way is looked at first. It goes on with the
    text of its playbook as it was. Where the definition of its group has changed since, it says
    what, and needs your word.

    \b
    Examples:
      hasys history billing
      hasys resume r-20261124-031500-9c2f
      hasys resume r-20261124-031500-9c2f --abandon
      hasys resume r-20261124-031500-9c2f --accept 1f0a3c2b9d8e
    """
    if give_up:
        return asyncio.run(_abandon(run, settings))
    digest = checked_digest(accepted) if accepted else ""

    async def operation(
        application: Application, caller: Caller
    ) -> RunResult | tuple[Refusal, ...]:
        record = await unfinished_run(application, run)
        if edited := notice(Charter.from_json(record.charter)):
            click.echo(edited, err=True)
        return await go_on(application, run, caller, digest)

    return follow(operation, settings, following)


async def _abandon(run: str, settings: Settings) -> int:
    async with settings.application() as application:
        record = await abandon(application, run, getpass.getuser())
    click.echo(f"run {record.id} ({record.playbook} of {record.group}) is abandoned")
    return 0
