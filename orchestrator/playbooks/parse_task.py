"""One task of a playbook: its module, the module's arguments, its keywords. Called by `parse`."""

import re
from typing import Any

from orchestrator.config.problems import did_you_mean
from orchestrator.config.strict_yaml import Mapping, Node, Scalar, to_python
from orchestrator.playbooks import fields, keywords
from orchestrator.playbooks.fields import Reader
from orchestrator.playbooks.files_beside import gather, keep, site_module
from orchestrator.playbooks.model import Directives, Position, Task
from orchestrator.playbooks.module import Module
from orchestrator.playbooks.modules import MODULES
from orchestrator.playbooks.modules.flow import WALKED
from orchestrator.playbooks.parse_directives import read_directives, read_loop, read_until

_KEY_EQUALS_VALUE = re.compile(r"\w+=\S")
_A_NAME = re.compile(r"[A-Za-z_]\w*")
_IN_A_COMMAND = re.compile(
    r"(?:^|\s)(chdir|creates|removes|executable|stdin|stdin_add_newline|strip_empty_ends|warn)=\S"
)
"""Words that Ansible takes out of a command line as arguments of the module."""


_KNOWN = (*keywords.TASK, *keywords.DIRECTIVES)


def read_task(
    node: Mapping, reader: Reader, outer: Directives, *, is_handler: bool = False
) -> Task | None:
    """None where it is not known which module is meant; every other problem is noted only."""
    key = _module_key(node, reader)
    modules = [word for word in node.keys if keywords.module_name(word) in MODULES]
    beside = [*modules, key.text if key else "", *(keywords.HANDLER if is_handler else ())]
    reader.check_keys(node, _KNOWN, "task", beside=beside)
    if not is_handler and (listen := node.key("listen")) is not None:
        reader.add(listen, "'listen' belongs to a handler", "for one that is told: notify")
    if key is None:
        return None
    found = _used(node, key, reader)
    if found is None:
        return None
    module, args, places = found
    if module.name in WALKED:
        _refuse_on_flow(node, reader)
    return Task(
        name=fields.optional_text(node.get("name"), reader, "name") or _short(key),
        module=module.name,
        args=args,
        position=node.position,
        when=fields.conditions(node.get("when"), reader, "when"),
        register=fields.variable_name(node.get("register"), reader, "register"),
        until=read_until(node, reader),
        loop=read_loop(node, reader),
        failed_when=_judgement(node, reader, "failed_when"),
        changed_when=_judgement(node, reader, "changed_when"),
        notify=_words_of(node, reader, "notify"),
        listen=_words_of(node, reader, "listen"),
        variables=fields.variables(node.get("vars"), reader),
        directives=read_directives(node, reader, outer),
        places=places,
    )


Arguments = tuple[Module, dict[str, Any], dict[str, Position]]


def _used(node: Mapping, key: Scalar, reader: Reader) -> Arguments | None:
    """The module, its arguments, the place of each; ours come before the site's own."""
    value = node.get(key.text)
    module = MODULES.get(keywords.module_name(key.text))
    if value is None:
        return None
    if module is not None:
        args, places = _arguments(key, value, node.get("args"), module, reader)
        at = module.reads(args)
        if at is not None:
            found = value.get(at.argument) if isinstance(value, Mapping) else value
            gather(module, args, found or key, reader)
        return module, args, places
    path = site_module(key.text, reader) if _A_NAME.fullmatch(key.text) else None
    if path is None:
        reader.add(key, f"unknown module '{key.text}'", did_you_mean(key.text, _words()))
        return None
    own = MODULES["site_module"]
    keep(own, path, key, reader)
    return own, {"file": path, "args": _given(key, value, reader)}, {}


def _given(key: Scalar, value: Node, reader: Reader) -> dict[str, Any]:
    """Which arguments it takes only the module knows."""
    if isinstance(value, Scalar) and value.value is None:
        return {}
    if not isinstance(value, Mapping):
        reader.add(value, f"'{key.text}' takes its arguments as a mapping")
        return {}
    fields.check_templates(value, reader)
    return {name.text: to_python(item) for name, item in value.entries}


def _short(key: Scalar) -> str:
    return keywords.module_name(key.text)


def _judgement(node: Mapping, reader: Reader, word: str) -> tuple[str, ...] | None:
    """None: the module's own judgement counts; an empty one could not be told from it."""
    value = node.get(word)
    return None if value is None else fields.conditions(value, reader, word)


def _words_of(node: Mapping, reader: Reader, word: str) -> tuple[str, ...]:
    value = node.get(word)
    return () if value is None else fields.texts(value, reader, word)


def _refuse_on_flow(node: Mapping, reader: Reader) -> None:
    """A flow is many steps with a deadline and a check each, which cannot be run as one again."""
    hints = {
        "timeout": "the times for start and stop stand in the group's definition",
        "until": "its steps end when a check confirms them; `until` fits a task behind it",
        "retries": "its steps end when a check confirms them",
        "loop": "`resources` takes a list",
        "delegate_to": "write a play with that server in `hosts`",
    }
    for word, hint in hints.items():
        if (key := node.key(word)) is not None:
            reader.add(key, f"'{word}' does not go with a flow", hint)


def _words() -> tuple[str, ...]:
    """A misspelled word may be meant as a module or as a keyword."""
    return (*MODULES, *_KNOWN, *keywords.INSTEAD_OF_A_MODULE, "block")


def _module_key(node: Mapping, reader: Reader) -> Scalar | None:
    """The key that names the module: a known one, else the only word that is nothing else."""
    named = [key for key, _ in node.entries if keywords.module_name(key.text) in MODULES]
    if len(named) > 1:
        both = " and ".join(f"'{key.text}'" for key in named)
        reader.add(named[1], f"a task has one module; this one has {both}", "write two tasks")
    if named:
        return named[0]
    others = [
        key
        for key, _ in node.entries
        if key.text not in (*_KNOWN, "listen") and not keywords.refusal_of(key.text)
    ]
    if others:
        return others[0]
    if all(key.text in _KNOWN for key, _ in node.entries):
        hint = f"there are: {', '.join(sorted(MODULES))}"
        reader.add(node, "a task needs a module", hint)
    return None


def _arguments(
    key: Scalar, value: Node, beside: Node | None, module: Module, reader: Reader
) -> tuple[dict[str, Any], dict[str, Position]]:
    """Arguments by name, with the place of each: those of the module, and those of `args`."""
    nodes = _own_arguments(value, module, reader)
    keys = {name.text: name for name, _ in value.entries} if isinstance(value, Mapping) else {}
    if nodes is None:
        return {}, {}
    if beside is not None and not isinstance(beside, Mapping):
        reader.add(beside, "'args' must be a mapping of arguments to values")
    elif beside is not None:
        for name, item in beside.entries:
            if name.text in nodes:
                reader.add(name, f"{module.name}: '{name.text}' is given twice")
            nodes[name.text], keys[name.text] = item, name
    for item in nodes.values():
        fields.check_templates(item, reader)
    args = {name: to_python(item) for name, item in nodes.items()}
    for wrong in module.find_problems(args):
        is_unknown = wrong.name not in module.parameters
        at = keys.get(wrong.name) if is_unknown else None
        reader.add(at or nodes.get(wrong.name, key), f"{module.name}: {wrong}")
    return args, {name: item.position for name, item in nodes.items()}


def _own_arguments(value: Node, module: Module, reader: Reader) -> dict[str, Node] | None:
    """A text alone is the module's main argument. None: they are not written as they must be."""
    if isinstance(value, Mapping):
        return {name.text: item for name, item in value.entries}
    if not isinstance(value, Scalar):
        reader.add(value, f"'{module.name}' takes its arguments as a mapping, not as a list")
        return None
    if value.value is None:
        return {}
    if module.free_form is None or _looks_like_pairs(value, module):
        hint = f"write them below it: {', '.join(module.parameters) or 'name: value'}"
        reader.add(value, f"'{module.name}' takes its arguments as a mapping", hint)
        return None
    if module.free_form == "cmd" and (found := _IN_A_COMMAND.search(value.text)):
        message = f"'{found[1]}=' in a command line is not taken out of it"
        reader.add(value, message, f"write it beside the module: 'args: {{{found[1]}: ...}}'")
    return {module.free_form: value}


def _looks_like_pairs(value: Scalar, module: Module) -> bool:
    """Ansible's old `debug: msg=...`; a shell command may well begin that way."""
    if module.free_form == "cmd" or not isinstance(value.value, str):
        return False
    found = _KEY_EQUALS_VALUE.match(value.value)
    return found is not None and value.value.partition("=")[0] in module.parameters
