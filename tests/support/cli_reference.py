"""docs/reference/cli.md, made from the commands themselves; `pytest --rewrite` writes it."""

from __future__ import annotations

import click

from orchestrator.cli.main import hasys

HEAD = """# Command line

Made from the program (`pytest tests/test_docs.py --rewrite`). The common options may stand
before or after a command's name.

Exit codes: 0 done; 1 failed; 2 usage; 3 refused; 4 a server was unreachable; 5 degraded
(`status`, `check --live`); 65 bad input files; 70 our bug; 75 try again (busy); 77 not allowed;
130 interrupted.
"""


def commands(
    group: click.Group, prefix: tuple[str, ...] = ("hasys",)
) -> list[tuple[str, click.Command]]:
    """Every command that does something, by its full name, sorted."""
    context = click.Context(group, info_name=prefix[-1])
    found: list[tuple[str, click.Command]] = []
    for name in sorted(group.list_commands(context)):
        command = group.get_command(context, name)
        assert command is not None, name
        if isinstance(command, click.Group):
            found += commands(command, (*prefix, name))
        else:
            found.append((" ".join((*prefix, name)), command))
    return found


def page() -> str:
    parts = [HEAD]
    parts.append(_section("hasys", hasys))
    parts += [_section(name, command) for name, command in commands(hasys)]
    return "\n".join(parts)


def _section(name: str, command: click.Command) -> str:
    context = click.Context(command, info_name=name, terminal_width=100, max_content_width=100)
    text = command.get_help(context)
    return f"## {name}\n\n```text\n{text}\n```\n"
