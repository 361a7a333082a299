"""Names of variables: which there always are, and which a playbook may choose."""

import keyword
from collections.abc import Mapping

MAGIC: Mapping[str, str] = {
    "inventory_hostname": "the server that the task runs on",
    "groups": "the two servers' names, under the group's name and under `all`",
    "group": "the group's name",
    "source": "the server that the service leaves, or on which it stops",
    "target": "the server that the service goes to, or on which it starts",
    "epoch": "number of the run's reign",
    "active": "the server that was ACTIVE when the play began; `none`: none was, or both",
    "standby": "the same for STANDBY",
    "reason": "why the run was begun: `-e reason=...`, else empty",
    "hostvars": "of each server, by name: its inventory variables, registered results and facts",
    "lost_servers": "servers that fell silent in this run, by name: `state` (`stopped`, `fenced`, "
    "`lease expired`, `unknown`) and `evidence`; `when: source is unreachable` asks for one",
    "ansible_check_mode": "always false: a check shows the plan and runs nothing",
}
"""Set by the executor and stronger than everything else of the same name."""

RESCUE: Mapping[str, str] = {
    "ansible_failed_result": "in `rescue`: the result of the task that failed",
    "ansible_failed_task": "in `rescue`: its `name`, `action`, `args` as written, `tags`, `path`",
}

REGISTERED: Mapping[str, str] = {
    "msg": "what people read",
    "changed": "whether it may have changed something; `NAME is changed`",
    "failed": "`NAME is failed`; `NAME is succeeded`: neither failed nor unreachable",
    "skipped": "whether its `when` did not hold; `NAME is skipped`",
    "unreachable": "whether the server gave no answer: what was done is not known",
}
"""Beside what the module itself returns."""

_JINJA = {"true", "false", "none", "and", "or", "not", "in", "is", "if", "else", "import", "range"}


def name_problem(name: str) -> str:
    """Why a variable cannot have this name; empty: it can."""
    if name in MAGIC:
        return f"'{name}' is set by the run itself; choose another name"
    if not name.isidentifier() or not name.isascii():
        return f"'{name}' is no name for a variable; use letters, digits and underscores"
    if keyword.iskeyword(name) or name in _JINJA:
        return f"'{name}' is a word of the template language; choose another name"
    return ""
