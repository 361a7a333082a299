"""Jinja for playbooks: expressions, `{% if %}` and `{% for %}`, over plain data.

Called by `template` alone. Templates see text, numbers, lists and mappings and may call a few
methods of these. Sizes are checked before a value is made, so no template eats the memory; what
takes too much of the processor is cut off by `bounded_time`.
"""

from __future__ import annotations

import functools
import re
import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import jinja2
import jinja2.nodes
import jinja2.runtime

from orchestrator.playbooks import bounds
from orchestrator.playbooks.bounded_time import limited
from orchestrator.playbooks.bounds import LARGEST, TooLarge
from orchestrator.playbooks.environment import (
    ConditionEnvironment,
    FileEnvironment,
    JoinsConcatenated,
    TextEnvironment,
    new_environment,
)
from orchestrator.playbooks.later import Foretold, Later, known
from orchestrator.playbooks.template import (
    SyntaxProblem,
    TemplateError,
    TemplateText,
    undefined,
)
from orchestrator.playbooks.template_checks import refuse_what_is_not_known

_LONGEST_TEMPLATE = 65536
_DEEPEST = 20
"""Variables that stand in each other's templates."""


_FAILURES = (
    jinja2.TemplateError,
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
    re.error,
)
"""What wrong values make of an expression."""


class _Context(jinja2.runtime.Context):
    """Renders an author's variables when they are looked up."""

    def resolve_or_missing(self, key: str) -> Any:
        found = known(super().resolve_or_missing(key))
        if not _holds_template(found):
            return found
        depth = self.parent.get(_DEPTH, 0)
        if depth >= _DEEPEST:
            raise TemplateError(f"'{key}' stands in its own template, or {_DEEPEST} deep in others")
        return _render_marked(found, {**self.parent, _DEPTH: depth + 1})


_DEPTH = " depth"
"""No name that a template can write."""


def render_text(text: str, variables: Mapping[str, Any]) -> Any:
    """A value where the text is one expression, else a text."""
    return _guarded(lambda: _rendered(text, variables), variables)


def render_file(text: str, variables: Mapping[str, Any]) -> str:
    """The text of a whole file, always a text."""
    return str(_guarded(lambda: _joined(_compiled_file(text), variables), variables))


def evaluate(expression: str, variables: Mapping[str, Any]) -> Any:
    return _guarded(lambda: _value_of(_compiled_expression(expression), variables), variables)


def text_problem(text: str) -> SyntaxProblem | None:
    return _problem_of(lambda: _compiled(text))


def file_problem(text: str) -> SyntaxProblem | None:
    return _problem_of(lambda: _compiled_file(text))


def expression_problem(expression: str) -> SyntaxProblem | None:
    return _problem_of(lambda: _compiled_expression(expression))


def _rendered(text: str, variables: Mapping[str, Any]) -> Any:
    template, is_expression = _compiled(text)
    if is_expression:
        return _value_of(template, variables)
    return _joined(template, variables)


def _joined(template: jinja2.Template, variables: Mapping[str, Any]) -> str:
    pieces: list[str] = []
    size = 0
    for piece in template.root_render_func(_context(template, variables)):
        size += len(piece)
        if size > LARGEST:
            raise TooLarge
        pieces.append(piece)
    return "".join(pieces)


def _value_of(template: jinja2.Template, variables: Mapping[str, Any]) -> Any:
    context = _context(template, variables)
    for _ in template.root_render_func(context):
        pass
    value = _plain(context.vars["result"])
    bounds.check(bounds.weight(value))
    return value


def _context(template: jinja2.Template, variables: Mapping[str, Any]) -> jinja2.runtime.Context:
    return template.new_context(dict(variables))


def _plain(value: Any) -> Any:
    """Values that a journal can keep; whatever else an expression may yield is refused."""
    match value:
        case jinja2.Undefined():
            raise jinja2.UndefinedError(value._undefined_message)  # noqa: SLF001 - Jinja has no other word
        case None | bool() | int() | float():
            return value
        case str():
            return str(value)
        case Later():
            return known(value)
        case Mapping():
            return {str(name): _plain(item) for name, item in value.items()}
        case list() | tuple() | range() | set() | frozenset():
            return [_plain(item) for item in value]
        case Iterable():
            return [_plain(item) for item in bounds.bounded(value)]
        case _:
            raise TemplateError(f"a template cannot yield {type(value).__name__}")


def _render_marked(value: Any, variables: Mapping[str, Any]) -> Any:
    if isinstance(value, TemplateText):
        return _rendered(str(value), variables)
    if isinstance(value, Mapping):
        return {name: _render_marked(item, variables) for name, item in value.items()}
    if isinstance(value, list):
        return [_render_marked(item, variables) for item in value]
    return value


def _holds_template(value: Any) -> bool:
    if isinstance(value, Foretold):
        return False
    if isinstance(value, Mapping):
        return any(_holds_template(item) for item in value.values())
    if isinstance(value, list):
        return any(_holds_template(item) for item in value)
    return isinstance(value, TemplateText)


def _guarded(action: Callable[[], Any], variables: Mapping[str, Any]) -> Any:
    try:
        with limited(bounds.SECONDS, "the template takes too long; make it simpler"):
            return action()
    except TooLarge:
        raise TemplateError(f"the template yields more than {LARGEST:,} characters") from None
    except jinja2.UndefinedError as error:
        if found := re.fullmatch(r"'(\w+)' is undefined", str(error)):
            raise undefined(found[1], variables) from None
        raise TemplateError(str(error)) from None
    except jinja2.TemplateSyntaxError as error:
        raise TemplateError(_words_for_people(error)) from None
    except _FAILURES as error:
        raise TemplateError(str(error) or type(error).__name__) from None


def _problem_of(action: Callable[[], Any]) -> SyntaxProblem | None:
    try:
        action()
    except jinja2.TemplateSyntaxError as error:
        return SyntaxProblem(message=_words_for_people(error), line=error.lineno)
    except RecursionError:
        return SyntaxProblem(message="nested too deep", line=1)
    return None


def _words_for_people(error: jinja2.TemplateSyntaxError) -> str:
    """Jinja says 'end of print statement' for the closing braces, which a condition has not."""
    message = error.message or "not a template"
    for theirs, ours in (("print statement", "expression"), ("statement block", "tag")):
        message = message.replace(f"'end of {theirs}'", f"the end of the {ours}")
    return message.removesuffix(".")


@functools.lru_cache(maxsize=1024)
def _compiled(text: str) -> tuple[jinja2.Template, bool]:
    """The template, and whether it is one expression whose value is wanted as it is."""
    environment = _environment(TextEnvironment)
    tree = _tree(text, environment)
    match tree.body:
        case [jinja2.nodes.Output(nodes=[jinja2.nodes.TemplateData()])]:
            pass
        case [jinja2.nodes.Output(nodes=[expression])]:
            return _assigning(expression), True
        case _:
            pass
    return environment.from_string(tree), False


@functools.lru_cache(maxsize=128)
def _compiled_file(text: str) -> jinja2.Template:
    environment = _environment(FileEnvironment)
    return environment.from_string(_tree(text, environment))


@functools.lru_cache(maxsize=1024)
def _compiled_expression(expression: str) -> jinja2.Template:
    tree = _tree("{{ " + expression + " }}", _environment(ConditionEnvironment))
    match tree.body:
        case [jinja2.nodes.Output(nodes=[found])]:
            return _assigning(found)
        case _:
            raise jinja2.TemplateSyntaxError("this is not one expression", 1)


def _assigning(expression: jinja2.nodes.Node) -> jinja2.Template:
    """As Jinja's own `compile_expression`: the value is left in a variable."""
    name = jinja2.nodes.Name("result", "store", lineno=1)
    body = [jinja2.nodes.Assign(name, expression, lineno=1)]
    return _environment(ConditionEnvironment).from_string(jinja2.nodes.Template(body, lineno=1))


def _tree(text: str, environment: ConditionEnvironment) -> jinja2.nodes.Template:
    if len(text) > _LONGEST_TEMPLATE:
        raise jinja2.TemplateSyntaxError(f"longer than {_LONGEST_TEMPLATE:,} characters", 1)
    with warnings.catch_warnings():
        # '\d' for a regular expression is what everybody writes; Python means to forbid it
        warnings.simplefilter("ignore", DeprecationWarning)
        tree = environment.parse(text)
    refuse_what_is_not_known(tree, environment)
    found: jinja2.nodes.Template = JoinsConcatenated().visit(tree)
    return found


@functools.cache
def _environment(kind: type[ConditionEnvironment]) -> ConditionEnvironment:
    environment = new_environment(kind)
    environment.context_class = _Context
    return environment
