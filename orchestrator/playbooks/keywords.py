"""The keywords of playbooks: those that are there, and of Ansible's others why they are not.

`parse` refuses the others by name; the reference lists all of them.
"""

from collections.abc import Mapping

DIRECTIVES: Mapping[str, str] = {
    "tags": "words by which `--tags` and `--skip-tags` choose; they add up. `always`: chosen "
    "whatever is asked for; `never`: only when asked for by one of its tags",
    "environment": "a mapping of variables for the environment of what is run; they add up",
    "become": "`true` with `become_user`: run as that user. Without it nothing changes: all is "
    "run as root, or by `sudo -n`",
    "become_user": "login name to run as; needs `become: true`",
    "delegate_to": "do it on this server (a name, `source`, `target` or a template) in the name of "
    "the server that the task is for",
    "no_log": "hide arguments, result and message everywhere; see below",
    "ignore_errors": "go on after a failure of the task itself; the run ends as if it were good",
    "ignore_unreachable": "go on with a server that could not be reached; the run still ends with "
    "exit code 4",
    "any_errors_fatal": "a failure on one server ends it on the other, too",
    "run_once": "do it on the first server only; the others get its result",
    "check_mode": "`true`: only foretell what it would change, in every run; `false`: as if "
    "it were not there, since a check changes nothing",
    "diff": "`true` or `false`: show what it changes within files, whatever `--diff` says",
    "timeout": "seconds until the task is ended as failed and what it runs is killed (300); "
    "`flow` has the times of its resources",
}
"""What a play hands down to its blocks, and a block to its tasks; the innermost word counts."""

PLAY: Mapping[str, str] = {
    "name": "what people read in the output (without it: `hosts`)",
    "hosts": "who the tasks are for: `source`, `target`, `active`, `standby`, `group` (or `all`), "
    "or a server's name",
    "vars": "variables for the tasks of the play",
    "vars_files": "files of variables, beside the playbook; stronger than `vars`",
    "gather_facts": "only `false`, which changes nothing: facts come from the checks anyway",
    "pre_tasks": "tasks before `tasks`; handlers that they notify run before `tasks`",
    "tasks": "tasks and blocks, one after the other",
    "post_tasks": "tasks after `tasks` and the handlers that those notify",
    "handlers": "tasks that run once at the end of the play, on servers where a task that changed "
    "something notifies them, in the order in which they stand here",
    "force_handlers": "run notified handlers also on servers that failed",
}
TASK: Mapping[str, str] = {
    "name": "what people read in the output; may be a template (without it: the module's name)",
    "when": "a condition, or a list of conditions that must all hold; else the task is skipped",
    "loop": "a list, or a template that yields one: the task is done for each `item`",
    "loop_control": "a mapping of `loop_var`, `index_var`, `label`, `pause`, `extended`, "
    "`extended_allitems`, `break_when`",
    "register": "a variable for the task's result; of a loop, its `results` has one for each item",
    "until": "repeat the task until these conditions hold",
    "retries": "how often `until` repeats it (3); without `until`: until it does not fail",
    "delay": "seconds between repetitions (5)",
    "failed_when": "conditions for a failure, in place of the module's own judgement",
    "changed_when": "conditions for `changed`, in place of the module's own judgement",
    "notify": "handlers, by name or by what they listen to, where the task changed something",
    "vars": "variables for this task",
    "args": "arguments of the module beside those that stand with it",
}
HANDLER: Mapping[str, str] = {
    "listen": "of a handler: other words by which it can be notified",
}
BLOCK: Mapping[str, str] = {
    "name": "what people read in the plan",
    "block": "tasks that belong together",
    "rescue": "tasks for servers on which one of them failed, or that could not be reached",
    "always": "tasks for all servers afterwards, whatever happened",
    "when": "a condition for the block as a whole, looked at once",
    "vars": "variables for the tasks of the block",
}
INSTEAD_OF_A_MODULE: Mapping[str, str] = {
    "include_tasks": "tasks of another file, by its path from this one; read, checked and "
    "journaled before the run begins. In a template every file that fits counts. With a mapping: "
    "`file`, and in `apply` what is handed down. Its own tags are for itself alone",
    "import_tasks": "the same for a fixed path: as if the tasks stood here in a block, with its "
    "tags",
    "meta": "`flush_handlers` (run the notified handlers now), `end_play` (where `when` holds on "
    "the first server), `end_host`, `noop`",
    "import_playbook": "in place of a play: all plays of another file; beside it `name`, `tags`, "
    "`when` and `vars`, which win over those of its plays",
}
INCLUDE = ("name", "when", "loop", "loop_control", "vars")
IMPORTED_PLAYBOOK = ("name", "when", "vars", "tags")
META = ("name", "when", "vars")
_ONE_BATCH = "both servers are one batch; write `end_play`"
META_REFUSED: Mapping[str, str] = {
    "end_batch": _ONE_BATCH,
    "end_role": "there are no roles; write `end_play`",
    "clear_host_errors": "what failed is made good in `rescue`",
    "clear_facts": "there are no gathered facts; `set_fact` replaces what it has set",
    "refresh_inventory": "the configuration of a run is the one that it began with",
    "reset_connection": "a connection that is lost is made anew by itself",
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
    "max_fail_percentage": "of two servers none may fail unseen: use `rescue`",
    "async": "every task has a deadline (`timeout`) and is waited for",
    "poll": "every task has a deadline (`timeout`) and is waited for",
    "vars_prompt": "a run may be resumed with nobody at the terminal; use `-e name=value`",
    "connection": "how a server is reached stands in the inventory (ansible_host, ...)",
    "port": "how a server is reached stands in the inventory (ansible_port)",
    "user": "how a server is reached stands in the inventory (ansible_user)",
    "remote_user": "how a server is reached stands in the inventory (ansible_user)",
    "become_method": _SUDO,
    "become_flags": _SUDO,
    "become_exe": _SUDO,
    "gather_subset": "facts come from the checks, there is nothing to gather",
    "gather_timeout": "facts come from the checks, there is nothing to gather",
    "fact_path": "facts come from the checks, there is nothing to gather",
    "validate_argspec": _ROLES,
    "debugger": "a failed run is looked at with `hasys explain` and resumed",
    # what Ansible users may miss, and what is there instead
    "delegate_facts": _NOT_YET + "; facts stay with the server that the task is for",
    "action": "write the module's name as the key, its arguments below it",
    "local_action": "the controller runs no tasks: what is done is done on the two servers",
    # modules of Ansible that are part of the language there
    "include": "write `include_tasks`, `import_tasks` or `import_playbook`",
    "include_role": _ROLES,
    "import_role": _ROLES,
    "include_vars": "use `vars_files` of the play: a resumed run has the same variables then",
}
_WITH: Mapping[str, str] = {
    "with_list": "write `loop: [...]`",
    "with_items": "write `loop: [...]`; a list within the list is one item, not many",
    "with_dict": 'write `loop: "{{ mapping | dict2items }}"`, and item.key, item.value',
    "with_sequence": 'write `loop: "{{ range(1, 4) | list }}"`',
    "with_indexed_items": "write `loop` and `loop_control: {index_var: number}`",
}

_BUILTIN = "ansible.builtin."


def refusal_of(word: str) -> str:
    """Why this keyword of Ansible is not there; empty: it is none of Ansible's."""
    if word.startswith("with_"):
        return _WITH.get(word, "write `loop` with the list that you mean")
    return REFUSED.get(word.removeprefix(_BUILTIN), "")


def module_name(word: str) -> str:
    """Ansible's full names are understood: `ansible.builtin.command` is `command`."""
    return word.removeprefix(_BUILTIN)
