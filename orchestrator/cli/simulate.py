"""`hasys simulate`: decision core and guards in a world of virtual time; no server is touched."""

from collections.abc import Sequence
from pathlib import Path

import click

from orchestrator.cli.output import document
from orchestrator.cli.settings import Settings, with_settings

FAILED = 1


@click.command("simulate")
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--seeds", metavar="A:B", help="Play the seeds from A up to, not including, B: faults by dice."
)
@click.option(
    "--processes", default=1, show_default=True, type=click.IntRange(1, 256), help="Side by side."
)
@click.option(
    "--without", default="", metavar="SEED,SEED", help="Seeds of open findings: not played, named."
)
@click.option("-v", "--verbose", is_flag=True, help="With one seed: everything that happened.")
@with_settings
def simulate_command(
    file: Path | None,
    seeds: str | None,
    processes: int,
    without: str,
    verbose: bool,
    settings: Settings,
) -> int:
    """Play faults against the safety protocol, or a transcript against the decision core.

    A seed replays exactly. Exit code 1 when an invariant was violated; when in 2,000 runs or more
    a fault never struck in a phase of a failover; or when a transcript's answers are not those
    written in it.

    \b
    Examples:
      hasys simulate --seeds 0:200
      hasys simulate --seeds 17:18 -v          everything that happened in seed 17
      hasys simulate --seeds 0:200 --without 17
      hasys simulate tests/scenarios/rejoin.txt
    """
    if (file is None) == (seeds is None):
        raise click.UsageError("give either a FILE or --seeds A:B")
    if file is not None:
        return _transcript(file, settings)
    left_out = _left_out(without)
    if left_out:
        shown = ", ".join(map(str, sorted(left_out)))
        click.echo(f"left out, for what they show is open: {shown}", err=True)
    played = [seed for seed in _range(seeds or "") if seed not in left_out]
    return _seeds(played, processes, settings, verbose=verbose)


def _left_out(text: str) -> frozenset[int]:
    words = [word.strip() for word in text.split(",") if word.strip()]
    if not all(word.isdigit() for word in words):
        raise click.UsageError(f"--without {text!r}: write numbers with commas between them")
    return frozenset(map(int, words))


def _range(text: str) -> range:
    first, colon, last = text.partition(":")
    if not colon or not first.isdigit() or not last.isdigit() or int(first) >= int(last):
        raise click.UsageError(f"--seeds {text!r}: write A:B, two numbers, the first one lower")
    return range(int(first), int(last))


def _transcript(file: Path, settings: Settings) -> int:
    from orchestrator.errors import UsageError
    from orchestrator.simulation.transcript import play_text

    try:
        written = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read: {error}") from None
    played = play_text(written, name=file.name)
    if settings.output == "json":
        document("transcript", {"file": str(file), "same": played == written, "text": played})
    else:
        click.echo(played, nl=False)
    if played == written:
        return 0
    click.echo(f"{file}: the answers differ from those written there", err=True)
    return FAILED


def _seeds(seeds: Sequence[int], processes: int, settings: Settings, *, verbose: bool) -> int:
    from orchestrator.simulation.report import ENOUGH_RUNS
    from orchestrator.simulation.run import play, simulate

    if verbose and len(seeds) == 1:
        click.echo("\n".join(play(seeds[0], tell=True).log))
    report = simulate(seeds, processes=processes)
    if settings.output == "json":
        content = report.document()
        content.pop("schema")
        document("simulate", content)
    else:
        click.echo(report.table())
        click.echo(
            f"\n{report.runs} runs, {report.steps} steps, {report.faults} faults, "
            f"{len(report.violations)} violations"
        )
        for one in report.violations:
            click.echo(f"seed {one.seed}: {one.invariant} at {one.at:.3f} s", err=True)
    if report.runs >= ENOUGH_RUNS:
        for fault, phase in report.empty():
            click.echo(f"never tried: {fault} while {phase}", err=True)
    return 0 if report.is_good else FAILED
