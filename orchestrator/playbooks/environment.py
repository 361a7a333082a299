"""The Jinja environment of playbooks: what templates may reach, and bounds around every filter.

Called by `sandbox`, which renders.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import jinja2
import jinja2.lexer
import jinja2.nodes
import jinja2.runtime
import jinja2.sandbox
import jinja2.visitor
from jinja2.lexer import TOKEN_STRING, TOKEN_VARIABLE_BEGIN, TOKEN_VARIABLE_END

from orchestrator.playbooks import asking, bounds, filters
from orchestrator.playbooks.later import known
from orchestrator.playbooks.template import CENSORED, TemplateError

_LOOP = frozenset(
    {
        *("first", "index", "index0", "last", "length", "nextitem", "previtem", "revindex"),
        *("cycle", "revindex0"),
    }
)

_METHODS: Mapping[type, frozenset[str]] = {
    str: frozenset(
        {
            *("capitalize", "count", "endswith", "find", "isdigit", "lower", "lstrip", "rstrip"),
            *("isalnum", "isalpha", "removeprefix", "removesuffix", "rsplit", "partition"),
            *("split", "splitlines", "startswith", "strip", "title", "upper"),
        }
    ),
    dict: frozenset({"get", "items", "keys", "values"}),
    list: frozenset({"count", "index"}),
}


class ConditionEnvironment(jinja2.sandbox.ImmutableSandboxedEnvironment):
    intercepted_binops = frozenset({"*", "**", "+", "%"})

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        if isinstance(obj, jinja2.runtime.LoopContext):
            return attr in _LOOP
        return callable(value) and any(
            isinstance(obj, kind) and attr in safe for kind, safe in _METHODS.items()
        )

    def wrap_str_format(self, value: Any) -> None:
        """No way around `is_safe_attribute` for `'{:>1000000000}'.format(1)`."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        """A key of a mapping comes before a method of the same name."""
        if isinstance(obj, jinja2.Undefined):
            return obj  # `nowhere.deep | default(1)`
        if isinstance(obj, Mapping) and attribute in obj:
            return known(obj[attribute])
        _refuse_censored(obj, attribute)
        return super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, jinja2.Undefined):
            return obj
        if isinstance(obj, Mapping) and argument not in obj:
            _refuse_censored(obj, argument)
        return known(super().getitem(obj, argument))

    def call_binop(
        self, context: jinja2.runtime.Context, operator: str, left: Any, right: Any
    ) -> Any:
        bounds.check_operands(operator, left, right)
        return super().call_binop(context, operator, left, right)


class _BackslashesStay(jinja2.lexer.Lexer):
    """In the braces of a text: YAML has read its backslashes, Jinja shall not do it again."""

    def tokeniter(self, *args: Any, **named: Any) -> Iterator[tuple[int, str, str]]:
        is_within = False
        for line, kind, value in super().tokeniter(*args, **named):
            if kind in (TOKEN_VARIABLE_BEGIN, TOKEN_VARIABLE_END):
                is_within = kind == TOKEN_VARIABLE_BEGIN
            is_kept = is_within and kind == TOKEN_STRING
            yield line, kind, value.replace("\\", "\\\\") if is_kept else value


class TextEnvironment(ConditionEnvironment):
    """For texts with braces; as in Ansible, conditions are read as Jinja reads them."""

    lexer = functools.cached_property(_BackslashesStay)


class FileEnvironment(ConditionEnvironment):
    """For files that the module `template` reads: as in Ansible, a line that holds nothing but a
    statement leaves no empty line behind.
    """


def _refuse_censored(obj: Any, name: object) -> None:
    """Not `undefined`, which `default` would take for nothing: the value was there once."""
    if isinstance(obj, Mapping) and CENSORED in obj:
        raise TemplateError(
            f"'{name}' was hidden from the journal by no_log, and is gone with the process that "
            "had it: a resumed run cannot use it"
        )


class JoinsConcatenated(jinja2.visitor.NodeTransformer):
    """`a ~ b` by the filter `join`, which looks at the size first."""

    def visit_Concat(self, node: jinja2.nodes.Concat) -> jinja2.nodes.Node:  # noqa: N802 - Jinja's name
        self.generic_visit(node)
        parts = jinja2.nodes.List(node.nodes, lineno=node.lineno)
        return jinja2.nodes.Filter(parts, "join", [], [], None, None, lineno=node.lineno)


def _bounded(function: Callable[..., Any]) -> Callable[..., Any]:
    """What a filter is given is bounded, and so is what it makes of it, one by one or at once."""

    @functools.wraps(function)
    def filtered(*args: Any, **named: Any) -> Any:
        for value in (*args, *named.values()):
            bounds.check(bounds.weight(value))
        found = function(*args, **named)
        if isinstance(found, Iterator):
            return bounds.bounded_whole(found)
        return found

    return filtered


def _shown(value: Any) -> Any:
    """As it stands within a text: nothing for none, and what was a pair for Python is a list."""
    if value is None:
        return ""
    return _with_lists(value) if isinstance(value, tuple | list | dict) else value


def _with_lists(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_with_lists(item) for item in value]
    if isinstance(value, dict):
        return {name: _with_lists(item) for name, item in value.items()}
    return value


def _dict(*args: Any, **named: Any) -> dict[Any, Any]:
    return dict(*args, **named)


def new_environment(kind: type[ConditionEnvironment]) -> ConditionEnvironment:
    environment = kind(
        undefined=jinja2.StrictUndefined,
        autoescape=False,
        keep_trailing_newline=True,
        trim_blocks=kind is FileEnvironment,
        loader=None,
        finalize=_shown,
    )
    theirs, their_tests = environment.filters, environment.tests
    known = {**{name: theirs[name] for name in filters.JINJA_FILTERS}, **filters.FILTERS}
    environment.filters = {name: _bounded(function) for name, function in known.items()}
    own_tests = {
        **asking.TESTS,
        "reachable": jinja2.pass_context(asking.is_reachable),
        "unreachable": jinja2.pass_context(asking.is_unreachable),
    }
    environment.tests = {
        **{name: their_tests[name] for name in filters.JINJA_TESTS},
        **own_tests,
        **{name: own_tests[ours] for name, ours in filters.RENAMED.items()},
    }
    environment.globals = {"range": bounds.bounded_range, "dict": _dict}
    return environment
