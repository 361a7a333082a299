"""Shows what `hasys check --live` found."""

from collections.abc import Sequence

import click

from orchestrator.cli.output import coloured, document
from orchestrator.cli.settings import Settings
from orchestrator.decision.finding import Finding
from orchestrator.model import Group, ServerName

DEGRADED = 5
UNREACHABLE = 4

Found = Sequence[tuple[Group, tuple[list[Finding], list[ServerName]]]]


def show_findings(found: Found, settings: Settings) -> int:
    """Exit code 4 when a server did not answer, 5 when something is lacking."""
    if settings.output == "json":
        document("check", {"groups": [group.name for group, _ in found], "findings": _json(found)})
    else:
        for group, (findings, silent) in found:
            _show(group, findings, silent)
    if any(silent for _, (_, silent) in found):
        return UNREACHABLE
    return DEGRADED if any(findings for _, (findings, _) in found) else 0


def _show(group: Group, findings: list[Finding], silent: list[ServerName]) -> None:
    answered = [name for name in group.server_names if name not in silent]
    if not findings:
        click.echo(f"{group.name}: {' and '.join(answered)} have all that it needs")
    for one in findings:
        click.echo(f"{group.name}: {coloured(one.weight.value)}: {one.server}: {one.what}")
        if one.advice:
            click.echo(f"  {one.advice}")


def _json(found: Found) -> list[dict[str, str]]:
    return [
        {
            "group": group.name,
            "server": one.server,
            "weight": one.weight.value,
            "what": one.what,
            "advice": one.advice,
        }
        for group, (findings, _) in found
        for one in findings
    ]
