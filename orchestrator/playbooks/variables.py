"""Names of variables: which there always are, and which a playbook may choose."""

import keyword
import re
from collections.abc import Mapping

MAGIC: Mapping[str, str] = {
    "inventory_hostname": "the server that the task runs on",
    "inventory_hostname_short": "the same up to its first dot",
    "groups": "the two servers' names, under the group's name and under `all`",
    "group_names": "a list of the group's name",
    "group": "the group's name",
    "drbd_resources": "names of the DRBD resources of the group, as in /etc/drbd.d",
    "source": "the server that the service leaves, or on which it stops; of a playbook: "
    "the ACTIVE one, else the one that does not answer, else the preferred one",
    "target": "the server that the service goes to, or on which it starts",
    "preferred_active": "the server that the group prefers",
    "epoch": "number of the run's reign",
    "active": "the server that was ACTIVE when the play began; `none`: none was, or both",
    "standby": "the same for STANDBY",
    "role": "of the server that the task runs on, when the play began: `ACTIVE`, `STANDBY` or "
    "`none`",
    "reason": "why the run was begun: `-e reason=...`, else empty",
    "hostvars": "of each server, by name: its inventory variables, registered results and facts",
    "lost_servers": "servers that fell silent in this run, by name: `state` (`stopped`, `fenced`, "
    "`lease expired`, `unknown`) and `evidence`; `when: source is unreachable` asks for one",
    "ansible_play_name": "the play's name",
    "ansible_play_hosts_all": "the servers of the play",
    "ansible_play_hosts": "those of them for which the play goes on: not failed, not silent",
    "ansible_play_batch": "the same",
    "play_hosts": "the same",
    "ansible_run_tags": "what `--tags` asked for; `[all]` without it",
    "ansible_skip_tags": "what `--skip-tags` asked for",
    "playbook_dir": "the directory of the playbook on the controller",
    "omit": "an argument that is this is as if it were not written: `{{ name | default(omit) }}`",
    "ansible_check_mode": "true where nothing is done and all is foretold: `--check`, `hasys plan`",
}
"""Set by the executor and stronger than everything else of the same name."""

RESCUE: Mapping[str, str] = {
    "ansible_failed_result": "in `rescue`: the result of the task that failed",
    "ansible_failed_task": "in `rescue`: its `name`, `action`, `args` as written, `tags`, `path`",
}

LOOP: Mapping[str, str] = {
    "item": "in a loop: the item of this turn; `loop_control: {loop_var: name}` names it otherwise",
    "ansible_loop_var": "in a loop: the name that the item has",
    "ansible_index_var": "in a loop with `index_var`: the name that the number has",
    "ansible_loop": "in a loop with `extended: true`: `index`, `index0`, `first`, `last`, "
    "`length`, `revindex`, `revindex0`, `previtem`, `nextitem`, `allitems`",
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


_CONNECTION = re.compile(
    r"ansible_(host|port|user|password|connection|become.*|ssh_.*|python_interpreter|shell_.*)"
)


def name_problem(name: str) -> str:
    """Why a variable cannot have this name; empty: it can."""
    if _CONNECTION.fullmatch(name):
        return f"'{name}': how a server is reached stands in the inventory"
    if name in MAGIC:
        return f"'{name}' is set by the run itself; choose another name"
    if not name.isidentifier() or not name.isascii():
        return f"'{name}' is no name for a variable; use letters, digits and underscores"
    if keyword.iskeyword(name) or name in _JINJA:
        return f"'{name}' is a word of the template language; choose another name"
    return ""
