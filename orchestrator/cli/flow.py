"""`hasys flow show`: the order in which a group's resources start, as text or as a picture."""

import click

from orchestrator.cli.output import document
from orchestrator.cli.settings import Settings, with_settings


@click.group("flow")
@click.pass_context
def flow_command(ctx: click.Context) -> None:
    """Look at the start and stop order of a group."""
    del ctx


@flow_command.command("show")
@click.argument("group")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "dot", "mermaid"]),
    default="text",
    show_default=True,
    help="dot is for Graphviz, mermaid for Markdown pages.",
)
@click.option("--impact", metavar="RESOURCE", help="Only what stops when this one stops.")
@with_settings
def flow_show(group: str, form: str, impact: str | None, settings: Settings) -> int:
    """Draw the flow of a group.

    \b
    Examples:
      hasys flow show billing
      hasys flow show billing --impact database
      hasys flow show billing --format dot | dot -Tsvg > billing.svg
    """
    from orchestrator.errors import UsageError
    from orchestrator.graph import build, standing_on, start_waves, stop_waves
    from orchestrator.graph.render import as_dot, as_mermaid, as_text
    from orchestrator.model import ResourceName
    from orchestrator.runtime.application import load_checked

    found = load_checked(settings.inventory_directory()).group(group)
    graph = build(found)
    if impact is not None:
        name = ResourceName(impact)
        if name not in found.resources:
            known = ", ".join(found.resources)
            raise UsageError(f"{group} has no resource {impact!r}", hint=f"resources: {known}")
        affected = sorted(standing_on(graph, {name}))
        click.echo("\n".join(affected) if affected else f"nothing stands on {impact}")
        return 0
    if settings.output == "json":
        waves = {"start": start_waves(graph), "stop": stop_waves(graph)}
        edges = [
            {"earlier": edge.earlier, "later": edge.later, "kind": edge.kind.value}
            for edge in graph.edges
        ]
        document(
            "flow",
            {
                "group": group,
                **{name: [list(wave) for wave in found] for name, found in waves.items()},
                "edges": edges,
            },
        )
        return 0
    match form:
        case "dot":
            drawing = as_dot(graph, group)
        case "mermaid":
            drawing = as_mermaid(graph)
        case _:
            drawing = as_text(graph)
    click.echo(drawing, nl=False)
    return 0
