"""Turns text with Jinja templates into values. Called by `parse`, by modules and by the executor.

The first use imports Jinja (60 ms); reading the configuration needs none.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from orchestrator.config.problems import did_you_mean
from orchestrator.errors import YouError

CENSORED = "censored"
"""The key by which a result of a task with `no_log` is known that came from the journal."""


OMIT = "__omit_this_argument__"
"""What the variable `omit` holds: an argument with this value is as if it were not written."""


class TemplateError(YouError):
    """A template that is wrong, or that cannot be rendered with the variables there are."""

    exit_code = 65


class TemplateText(str):
    """Text of a playbook's `vars`: rendered when it is used.

    Only text of the playbook's author becomes a template. What a server answered never does,
    whatever braces it holds: a plain string among the variables stays as it is.
    """

    __slots__ = ()


def as_written(value: Any) -> Any:
    """The same value with its texts marked as an author's, where they hold a template."""
    if isinstance(value, str):
        return TemplateText(value) if "{{" in value or "{%" in value else value
    if isinstance(value, Mapping):
        return {name: as_written(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_written(item) for item in value]
    return value


def render(value: Any, variables: Mapping[str, Any]) -> Any:
    """All texts in `value` rendered. A text that is one expression becomes what that is."""
    if isinstance(value, str):
        if "{" not in value:
            return value
        return _sandbox().render_text(value, variables)
    if isinstance(value, Mapping):
        return {name: render(item, variables) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [render(item, variables) for item in value]
    return value


def render_file(text: str, variables: Mapping[str, Any]) -> str:
    """The text of a template file, rendered."""
    rendered: str = _sandbox().render_file(text, variables)
    return rendered


def file_problem(text: str) -> "SyntaxProblem | None":
    """What is wrong with a template file before there are variables; None: nothing."""
    problem: SyntaxProblem | None = _sandbox().file_problem(text)
    return problem


def render_arguments(args: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
    """As `render`, without the arguments that are `omit`."""
    found: dict[str, Any] = _without_omitted(render(args, variables))
    return found


def _without_omitted(value: Any) -> Any:
    if isinstance(value, Mapping):
        kept = {name: item for name, item in value.items() if item != OMIT}
        return {name: _without_omitted(item) for name, item in kept.items()}
    if isinstance(value, list):
        return [_without_omitted(item) for item in value if item != OMIT]
    return value


def evaluate(expression: str, variables: Mapping[str, Any]) -> Any:
    """The value of a bare expression, as in `debug: var=`."""
    return _sandbox().evaluate(expression, variables)


def holds(conditions: str | Sequence[str], variables: Mapping[str, Any]) -> bool:
    """Whether all conditions hold. Each must yield true or false and nothing like it."""
    for condition in (conditions,) if isinstance(conditions, str) else conditions:
        value = evaluate(condition, variables)
        if not isinstance(value, bool):
            raise TemplateError(
                f"the condition '{condition}' is neither true nor false but {value!r:.60}",
                hint="compare it, or write `| bool`, `| length > 0`, `is defined`",
            )
        if not value:
            return False
    return True


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SyntaxProblem:
    message: str
    line: int
    """Inside the text, from 1."""


def text_problem(text: str) -> SyntaxProblem | None:
    """What is wrong with a text before there are variables; None: nothing."""
    problem: SyntaxProblem | None = _sandbox().text_problem(text) if "{" in text else None
    return problem


def condition_problem(condition: str) -> SyntaxProblem | None:
    """What is wrong with a bare expression before there are variables; None: nothing."""
    if "{{" in condition or "{%" in condition:
        return SyntaxProblem(message="a condition is an expression: leave out the braces", line=1)
    problem: SyntaxProblem | None = _sandbox().expression_problem(condition)
    return problem


def undefined(name: str, variables: Mapping[str, Any]) -> TemplateError:
    """A variable that is not there, with the one that was meant."""
    near = did_you_mean(name, variables)
    hint = near if near.startswith("did you mean") else ""
    return TemplateError(f"'{name}' is undefined" + (f"; {hint}" if hint else ""), hint=hint)


def _sandbox() -> Any:
    from orchestrator.playbooks import sandbox  # noqa: PLC0415 - it imports Jinja

    return sandbox
