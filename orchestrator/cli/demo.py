"""`hasys demo`: a newcomer's first contact, on servers that come with it."""

import click


@click.command("demo")
@click.option(
    "--level",
    type=click.Choice(["root", "user", "loopback"]),
    help="What the servers are made of; else the most real that this machine allows.",
)
@click.option("--keep", is_flag=True, help="Leave the servers up until Enter or Ctrl-C.")
def demo_command(level: str | None, keep: bool) -> int:
    """Start a service on two small servers made for it, move it, show what a client felt.

    Needs nothing but this program and leaves nothing behind. The servers are namespaces of this
    machine's kernel (root, or an ordinary user where the kernel lets one), else two SSH servers
    on the loopback.

    \b
    Examples:
      hasys demo
      hasys demo --keep             and then look around in it
      hasys demo --level loopback   without namespaces
    """
    from orchestrator.demo.levels import Level
    from orchestrator.demo.run import demo

    return demo(Level(level) if level else None, keep=keep)
