"""`-e` on the command line, as Ansible reads it: variables that win over all others."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

from orchestrator.errors import UsageError
from orchestrator.playbooks.variables import name_problem

REASON = "reason"
"""The one variable of the run itself that a person gives."""
_PAIR = re.compile(r"[^\W\d]\w*=")


def parse_variables(given: tuple[str, ...]) -> dict[str, Any]:
    """As Ansible's `-e`: `key=value` pairs are text, JSON keeps its types, `@file` is YAML."""
    variables: dict[str, Any] = {}
    for text in given:
        variables.update(_variables_of(text))
    for name in variables:
        if name != REASON and (problem := name_problem(name)):
            raise UsageError(f"-e {problem}")
    return variables


def _variables_of(text: str) -> dict[str, Any]:
    if text.startswith("@"):
        return _variables_file(Path(text[1:]))
    if text.lstrip().startswith("{"):
        try:
            found = json.loads(text)
        except ValueError as error:
            raise UsageError(f"-e {text}: not JSON: {error}") from None
        return dict(found)
    pairs = [pair.partition("=") for pair in _pairs_of(text)]
    if not pairs or any(not equals or not key.isidentifier() for key, equals, _ in pairs):
        raise UsageError(f"-e {text!r} is neither KEY=VALUE nor JSON nor @FILE")
    return {key: value for key, _, value in pairs}


def _pairs_of(text: str) -> list[str]:
    """`one=1 two='a b'` are two; of `reason=kernel upgrade` the second word is part of the text."""
    try:
        words = shlex.split(text)
    except ValueError:
        return [text]
    return words if all(_PAIR.match(word) for word in words) else [text]


def _variables_file(path: Path) -> dict[str, Any]:
    from orchestrator.config.strict_yaml import load_mapping

    return load_mapping(path)
