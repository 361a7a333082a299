"""Says why something was not done; exit code 3."""

from collections.abc import Sequence

import click

from orchestrator.cli.output import document
from orchestrator.cli.settings import Settings
from orchestrator.model import Reason, Refusal

REFUSED = 3
UNREACHABLE = 4


def refused(refusals: Sequence[Refusal], settings: Settings) -> int:
    """All reasons at once; 4 when the only reason is that a server does not answer."""
    if settings.output == "json":
        document("refused", {"refusals": [_as_json(refusal) for refusal in refusals]})
    for refusal in refusals:
        click.echo(f"refused ({refusal.reason.value}): {refusal.evidence}", err=True)
        if refusal.advice:
            click.echo(f"  {refusal.advice}", err=True)
        if refusal.overridden_by:
            click.echo(f"  overridden by: {refusal.overridden_by}", err=True)
    only_unreachable = all(one.reason is Reason.SERVER_UNREACHABLE for one in refusals)
    return UNREACHABLE if only_unreachable else REFUSED


def _as_json(refusal: Refusal) -> dict[str, str | None]:
    return {
        "reason": refusal.reason.value,
        "evidence": refusal.evidence,
        "advice": refusal.advice,
        "overridden_by": refusal.overridden_by,
    }
