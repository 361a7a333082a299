"""`hasys run`: look after all groups; `hasys run show`: an earlier run of a playbook."""

import asyncio
import signal
from collections.abc import Iterator

import click

from orchestrator.cli.output import document
from orchestrator.cli.settings import Settings, with_settings
from orchestrator.cli.transcript import Recap, Transcript
from orchestrator.executor.progress import Progress, RunBegun, RunEnded
from orchestrator.runtime.run_log import log_file, progress_of, read_log


@click.group("run", invoke_without_command=True)
@with_settings
def run_command(settings: Settings) -> int:
    """Look after all groups: watch them, fail over, bring back what returns.

    Runs in the foreground until SIGTERM or Ctrl-C; as a service, see docs/howto/run-the-daemon.md.
    Its end changes no role: the active servers are told to go on alone.

    \b
    Examples:
      hasys run
      hasys -i /etc/hasys --state /var/lib/hasys-controller run
      hasys run show r-20261124-031500-9c2f    an earlier run of a playbook
    """
    if click.get_current_context().invoked_subcommand is not None:
        return 0
    return asyncio.run(_look_after(settings))


async def _look_after(settings: Settings) -> int:
    from orchestrator.daemon.daemon import Daemon

    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    async with settings.application() as application:
        daemon = Daemon(application, click.echo)
        loop.add_signal_handler(signal.SIGHUP, daemon.reload_soon)
        await daemon.run(stopped)
    return 0


@run_command.command("show")
@click.argument("run")
@click.option(
    "-v", "--verbose", "verbosity", count=True, help="Results; -vv: places; -vvv: beginnings."
)
@with_settings
def run_show(run: str, verbosity: int, settings: Settings) -> int:
    """Show a run from its log: plays, tasks, how each ended; with `-v` also what it answered.

    \b
    Examples:
      hasys run show r-20261124-031500-9c2f
      hasys run show r-20261124-031500-9c2f -v
    """
    records = list(read_log(log_file(settings.state_directory(), run)))
    if settings.output == "json":
        document("run-log", {"run": run, "events": records})
        return 0
    transcript, recap = Transcript(verbosity), Recap()
    for record in records:
        progress = progress_of(record)
        recap.note(progress)
        for line in (*_of_the_run(str(record["at"]), progress), *transcript.lines(progress)):
            click.echo(line)
    for line in recap.lines():
        click.echo(line)
    return 0


def _of_the_run(at: str, progress: Progress) -> Iterator[str]:
    moment = at[:19].replace("T", " ")
    if isinstance(progress, RunBegun):
        where = f"{progress.source} to {progress.target}, epoch {progress.epoch}"
        yield f"{moment} UTC  {progress.playbook} of {progress.group}, {where}, by {progress.by}"
    elif isinstance(progress, RunEnded):
        yield from ("", f"{moment} UTC  {progress.state}")
        yield from (f"  {name}: {message}" for name, message in progress.failures.items())
