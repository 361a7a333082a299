"""What a template may not hold: statements, filters and tests that playbooks do not have.

Called by `sandbox` for every template before anything of it is rendered.
"""

from collections.abc import Mapping

import jinja2

from orchestrator.config.problems import did_you_mean
from orchestrator.playbooks.filters import NOT_HERE

_REFUSED: Mapping[type[jinja2.nodes.Node], str] = {
    jinja2.nodes.AssignBlock: "{% set %} without a value",
    jinja2.nodes.Macro: "{% macro %}",
    jinja2.nodes.CallBlock: "{% call %}",
    jinja2.nodes.FilterBlock: "{% filter %}",
    jinja2.nodes.Block: "{% block %}",
    jinja2.nodes.Extends: "{% extends %}",
    jinja2.nodes.Include: "{% include %}",
    jinja2.nodes.Import: "{% import %}",
    jinja2.nodes.FromImport: "{% from %}",
    jinja2.nodes.With: "{% with %}",
    jinja2.nodes.ScopedEvalContextModifier: "{% autoescape %}",
}


def refuse_what_is_not_known(tree: jinja2.nodes.Template, environment: jinja2.Environment) -> None:
    """Raises jinja2.TemplateSyntaxError with the line and what was probably meant."""
    for kind, word in _REFUSED.items():
        if (found := tree.find(kind)) is not None:
            message = (
                f"{word} is not supported in playbooks; use expressions, {{% if %}} and {{% for %}}"
            )
            raise jinja2.TemplateSyntaxError(message, found.lineno)
    for loop in tree.find_all(jinja2.nodes.For):
        if loop.recursive:
            message = "{% for ... recursive %} is not supported in playbooks"
            raise jinja2.TemplateSyntaxError(message, loop.lineno)
    for call in tree.find_all(jinja2.nodes.Call):
        if isinstance(call.node, jinja2.nodes.Name) and (why := NOT_HERE.get(call.node.name)):
            raise jinja2.TemplateSyntaxError(f"{call.node.name}(): {why}", call.lineno)
    for test_or_filter, known, word in (
        (jinja2.nodes.Filter, environment.filters, "filter"),
        (jinja2.nodes.Test, environment.tests, "test"),
    ):
        for used in tree.find_all(test_or_filter):
            if used.name not in known:
                hint = did_you_mean(used.name, known)
                raise jinja2.TemplateSyntaxError(
                    f"unknown {word} '{used.name}'; {hint}", used.lineno
                )
