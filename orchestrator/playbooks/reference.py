"""The code's own tables as `docs/reference/playbooks.md`. A test compares the two.

Written anew by `pytest --rewrite tests/playbooks/test_reference.py`.
"""

import json
from collections.abc import Iterator, Mapping

from orchestrator.playbooks import asking, bounds, filters, keywords, library, variables
from orchestrator.playbooks.arguments import Parameter
from orchestrator.playbooks.module import Module
from orchestrator.playbooks.modules import MODULES

_HEAD = """\
# Playbooks

Generated from the code; change it there. For people who know Ansible:
[what is the same and what is not](../explanation/playbooks-for-ansible-users.md).

A playbook is a YAML list of plays, a play has a list of tasks, a task names one module. All of a
file is checked before a server is asked anything; `hasys plan GROUP PLAYBOOK` shows what it does.
A file in the folder `playbooks` of the inventory replaces the shipped one of the same name.
"""

_TEMPLATES = f"""\
Arguments and `vars` may hold `{{{{ expressions }}}}` and `{{% if %}}`; a text that is one
expression becomes its value. `when`, `until` and `that` are expressions without braces, and each
must yield true or false. `{{% for %}}` and `{{% set %}}` are there, macros are not. A value may
have {bounds.LARGEST:,} characters, a range {bounds.LONGEST_RANGE:,} numbers, a text may take
{bounds.SECONDS:g} s of the processor. There are no files, no clock and no dice.
"""

_HANDED = """\
A play, a block, a task may have them; a task has those of all that stands around it.
"""


def as_markdown() -> str:
    """The whole page."""
    sections = (
        ("## Shipped playbooks\n", _shipped()),
        ("## Keywords of a play\n", _rows(("keyword", "meaning"), keywords.PLAY)),
        ("## Keywords of a task\n", _rows(("keyword", "meaning"), keywords.TASK)),
        (
            "### In place of a module\n",
            _rows(("keyword", "meaning"), keywords.INSTEAD_OF_A_MODULE),
        ),
        ("### Of a handler\n", _rows(("keyword", "meaning"), keywords.HANDLER)),
        ("## Keywords of a block\n", _rows(("keyword", "meaning"), keywords.BLOCK)),
        (
            "## Keywords that are handed down\n\n" + _HANDED,
            _rows(("keyword", "meaning"), keywords.DIRECTIVES),
        ),
        (
            "## Variables\n",
            _rows(
                ("name", "what it is"), {**variables.MAGIC, **variables.LOOP, **variables.RESCUE}
            ),
        ),
        ("### What `register` keeps\n", _rows(("key", "what it is"), variables.REGISTERED)),
        ("## Templates\n\n" + _TEMPLATES, _templates()),
        ("## Modules\n", _modules()),
        ("## Keywords of Ansible that are refused\n", _refused()),
    )
    pages = ("\n".join([head, *lines]).rstrip("\n") for head, lines in sections)
    return "\n\n".join([_HEAD.rstrip("\n"), *pages]) + "\n"


def _rows(head: tuple[str, str], table: Mapping[str, str]) -> Iterator[str]:
    yield f"| {head[0]} | {head[1]} |"
    yield "|---|---|"
    for name, meaning in table.items():
        yield f"| `{name}` | {meaning} |"


def _shipped() -> Iterator[str]:
    files = {file.name: file.summary for file in library.find_all(None)}
    return _rows(("name", "what it does"), files)


def _templates() -> Iterator[str]:
    for title, names in (
        ("Filters", {*filters.FILTERS, *filters.JINJA_FILTERS}),
        ("Tests", {*asking.TESTS, *filters.JINJA_TESTS}),
    ):
        words = sorted(name for name in names if name.replace("2", "").isidentifier())
        yield f"- {title}: {', '.join(f'`{word}`' for word in words)}"
    others = ", ".join(f"`{theirs}` is `{ours}`" for theirs, ours in filters.RENAMED.items())
    yield f"- Other names of tests: {others}"
    yield "- Not there:"
    for name, why in filters.NOT_HERE.items():
        yield f"  - `{name}()`: {why}"


def _modules() -> Iterator[str]:
    for name, module in MODULES.items():
        yield from (f"### {name}", "", module.summary, "")
        if module.free_form is not None:
            yield from (f"`{name}: TEXT` is short for `{module.free_form}: TEXT`.", "")
        if module.parameters:
            yield "| argument | what | takes | without it |"
            yield "|---|---|---|---|"
            for argument, parameter in module.parameters.items():
                yield (
                    f"| `{argument}` | {parameter.summary} | {_takes(parameter)} "
                    f"| {_default(parameter)} |"
                )
            yield ""
        yield from _returns(module)
        yield from (f"A plan says {module.foretold}.", "")
        if module.mutates:
            yield from (f"Rollback: {module.undone}.", "")


def _takes(parameter: Parameter) -> str:
    if parameter.choices:
        return ", ".join(f"`{choice}`" for choice in parameter.choices)
    when = " (no template)" if parameter.literal else ""
    when = " (in a template: variables of `-e` alone)" if parameter.early else when
    secret = "; never shown" if parameter.secret else ""
    return parameter.kind.value + when + secret


def _default(parameter: Parameter) -> str:
    if parameter.required:
        return "required"
    if parameter.default is None:
        return ""
    value = parameter.default
    return f"`{value}`" if isinstance(value, str) else f"`{json.dumps(value)}`"


def _returns(module: Module) -> Iterator[str]:
    if module.returns:
        kept = "; ".join(f"`{name}` ({meaning})" for name, meaning in module.returns.items())
        yield from (f"Registers {kept}.", "")


def _refused() -> Iterator[str]:
    return _rows(("keyword", "why, or what to write"), dict(sorted(keywords.REFUSED.items())))
