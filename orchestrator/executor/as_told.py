"""A module's request with what the task says beside it: the user and the environment."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from orchestrator.playbooks.model import Task
from orchestrator.playbooks.template import TemplateError, render
from orchestrator.transport import Request


def as_told(request: Request, task: Task, variables: Mapping[str, Any]) -> Request:
    """What the module itself was given wins. Raises ValueError where the two do not go together."""
    if request.op == "check":
        inner = dataclasses.replace(request, op=request.args["op"], args=request.args["args"])
        told = as_told(inner, task, variables)
        return dataclasses.replace(request, args={"op": told.op, "args": told.args})
    directives = task.directives
    user = render(directives.become_user, variables) if directives.become_user else None
    become = directives.become
    is_other = render(become, variables) if isinstance(become, str) else become
    if request.op not in ("run", "program"):
        if is_other and user not in (None, "root"):
            raise ValueError(f"'become_user' does not go with {task.module}: it acts as root")
        return request
    args = dict(request.args)
    if is_other and user is not None and "user" not in args:
        args["user"] = str(user)
    environment: dict[str, str] = {}
    for one in directives.environment:
        values = render(one, variables)
        if not isinstance(values, Mapping):
            raise TemplateError("'environment' must be a mapping of names to values")
        environment.update({str(name): str(value) for name, value in values.items()})
    if environment:
        args["environment"] = {**environment, **(args.get("environment") or {})}
    return dataclasses.replace(request, args=args)
