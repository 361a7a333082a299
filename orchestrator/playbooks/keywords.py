"""The keywords of playbooks: those that are there, and of Ansible's others why they are not.

`parse` refuses the others by name; the reference lists all of them.
"""

from collections.abc import Mapping

PLAY: Mapping[str, str] = {
    "name": "what people read in the output (without it: `hosts`)",
    "hosts": "who the tasks are for: `source`, `target`, `active`, `standby`, `group` (or `all`), "
    "or a server's name",
    "vars": "variables for the tasks of the play",
    "gather_facts": "only `false`, which changes nothing: facts come from the checks anyway",
    "tasks": "tasks and blocks, one after the other",
}
TASK: Mapping[str, str] = {
    "name": "what people read in the output (without it: the module's name)",
    "when": "a condition, or a list of conditions that must all hold; else the task is skipped",
    "register": "a variable for the task's result",
    "until": "repeat the task until these conditions hold",
    "retries": "how often `until` repeats it (3)",
    "delay": "seconds between repetitions (5)",
    "timeout": "seconds until the task is ended as failed and what it runs is killed (300); "
    "`flow` has the times of its resources",
    "vars": "variables for this task",
}
BLOCK: Mapping[str, str] = {
    "name": "what people read in the plan",
    "block": "tasks that belong together",
    "rescue": "tasks for servers on which one of them failed, or that could not be reached",
    "always": "tasks for all servers afterwards, whatever happened",
    "when": "a condition for the block as a whole, looked at once",
    "vars": "variables for the tasks of the block",
}

_SUDO = "the helper runs as root or by `sudo -n`; see `ansible_become` in the inventory"
_ROLES = "there are no roles: a playbook for a pair is one file that can be read from the top"
_NOT_YET = "not yet supported"
_ORDER = "a pair has no fleet to pace: write one play for each server, in the order that you mean"

REFUSED: Mapping[str, str] = {
    # what makes no sense for a pair
    "roles": _ROLES,
    "collections": "there are no collections: all modules are in the reference",
    "module_defaults": "write the arguments where the module is used",
    "strategy": _ORDER,
    "serial": _ORDER,
    "forks": _ORDER,
    "order": _ORDER,
    "throttle": _ORDER,
    "run_once": "use `hosts: source`, `target`, `active`, `standby` or a server's name",
    "max_fail_percentage": "of two servers none may fail unseen: use `rescue`",
    "any_errors_fatal": "a failure always ends the run, unless `rescue` handles it",
    "ignore_errors": "use `rescue`: what failed must be handled, or end the run",
    "ignore_unreachable": "use `rescue`, which also runs where a server could not be reached",
    "async": "every task has a deadline (`timeout`) and is waited for",
    "poll": "every task has a deadline (`timeout`) and is waited for",
    "vars_prompt": "a run may be resumed with nobody at the terminal; use `-e name=value`",
    "connection": "how a server is reached stands in the inventory (ansible_host, ...)",
    "port": "how a server is reached stands in the inventory (ansible_port)",
    "remote_user": "how a server is reached stands in the inventory (ansible_user)",
    "become_method": _SUDO,
    "become_flags": _SUDO,
    "become_exe": _SUDO,
    "gather_subset": "facts come from the checks, there is nothing to gather",
    "gather_timeout": "facts come from the checks, there is nothing to gather",
    "fact_path": "facts come from the checks, there is nothing to gather",
    "debugger": "a failed run is looked at with `hasys explain` and resumed",
    "check_mode": "`hasys plan` shows what a playbook would do, for all of it",
    # what Ansible users may miss, and what is there instead
    "become": _NOT_YET + "; `command` and `shell` take `user`",
    "become_user": _NOT_YET + "; `command` and `shell` take `user`",
    "environment": _NOT_YET + " as a keyword; `command` and `shell` take it as an argument",
    "delegate_to": _NOT_YET + "; write a play with the other server in `hosts`",
    "delegate_facts": _NOT_YET,
    "diff": _NOT_YET,
    "loop": _NOT_YET + "; write the tasks one by one",
    "loop_control": _NOT_YET,
    "notify": _NOT_YET + "; use `register` and `when: NAME is changed`",
    "listen": _NOT_YET,
    "handlers": _NOT_YET + "; use `register` and `when: NAME is changed`",
    "force_handlers": _NOT_YET,
    "tags": _NOT_YET,
    "vars_files": _NOT_YET + "; variables of the site stand in the inventory's group_vars",
    "pre_tasks": _NOT_YET + "; write them first in `tasks`",
    "post_tasks": _NOT_YET + "; write them last in `tasks`",
    "failed_when": _NOT_YET + "; use `shell` with `|| true`, `register` and `assert`",
    "changed_when": _NOT_YET,
    "no_log": _NOT_YET,
    # modules of Ansible that are part of the language there
    "include_tasks": _NOT_YET,
    "import_tasks": _NOT_YET,
    "import_playbook": _NOT_YET,
    "include_role": _ROLES,
    "import_role": _ROLES,
    "include_vars": _NOT_YET,
    "meta": _NOT_YET,
}

_BUILTIN = "ansible.builtin."


def refusal_of(word: str) -> str:
    """Why this keyword of Ansible is not there; empty: it is none of Ansible's."""
    if word.startswith("with_"):
        return REFUSED["loop"]
    return REFUSED.get(word.removeprefix(_BUILTIN), "")


def module_name(word: str) -> str:
    """Ansible's full names are understood: `ansible.builtin.command` is `command`."""
    return word.removeprefix(_BUILTIN)
