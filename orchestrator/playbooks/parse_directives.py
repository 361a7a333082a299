"""The keywords that are handed down, and what a task or an include may say beside them."""

import dataclasses
from typing import Any

from orchestrator.config.strict_yaml import Mapping, Node, Scalar, Sequence, to_python
from orchestrator.playbooks import fields
from orchestrator.playbooks.arguments import is_template
from orchestrator.playbooks.directives import Directives
from orchestrator.playbooks.fields import Reader
from orchestrator.playbooks.model import Loop, Until
from orchestrator.playbooks.template import as_written

LOOP_CONTROL = (
    *("loop_var", "index_var", "label", "pause", "extended", "extended_allitems", "break_when"),
)


def read_directives(node: Mapping, reader: Reader, outer: Directives) -> Directives:
    """Those of this play, block or task, within those around it."""
    own: dict[str, Any] = {}
    for word, read in (
        ("tags", _tags),
        ("environment", _environment),
        ("become", fields.yes_no_or_template),
        ("become_user", _maybe_template),
        ("delegate_to", _maybe_template),
        ("no_log", fields.yes_no),
        ("ignore_errors", fields.yes_no_or_template),
        ("ignore_unreachable", fields.yes_no_or_template),
        ("any_errors_fatal", fields.yes_no),
        ("run_once", fields.yes_no),
        ("check_mode", fields.yes_no_or_template),
        ("diff", fields.yes_no_or_template),
    ):
        if (value := node.get(word)) is not None:
            own[word] = read(value, reader, word)
    if (timeout := node.get("timeout")) is not None:
        own["timeout_s"] = fields.duration(timeout, reader, "timeout") or None
    directives = Directives(**own).within(outer)
    if (key := node.key("become_user")) is not None and directives.become in (None, False):
        reader.add(key, "'become_user' does nothing without 'become: true'", "add it")
    return directives


def _tags(node: Node, reader: Reader, word: str) -> tuple[str, ...]:
    """As Ansible: a text may hold several, with commas between."""
    found = []
    for item in node.items if isinstance(node, Sequence) else (node,):
        if isinstance(item, Scalar) and item.value is not None and not isinstance(item.value, bool):
            if is_template(item.text):
                reader.add(item, "tags are read before the run begins: no template can stand here")
            found += [tag for part in item.text.split(",") if (tag := part.strip())]
        else:
            reader.add(item, f"'{word}' must be a text or a list of texts")
    return tuple(found)


def _environment(node: Node, reader: Reader, word: str) -> tuple[Any, ...]:
    fields.check_templates(node, reader)
    items = node.items if isinstance(node, Sequence) else (node,)
    for item in items:
        is_text = isinstance(item, Scalar) and is_template(item.value)
        if not isinstance(item, Mapping) and not is_text:
            reader.add(item, f"'{word}' must be a mapping of names to values")
    return tuple(as_written(to_python(item)) for item in items)


def _maybe_template(node: Node, reader: Reader, word: str) -> str | None:
    if isinstance(node, Scalar) and isinstance(node.value, str) and node.value.strip():
        fields.check_templates(node, reader)
        return node.value
    reader.add(node, f"'{word}' must be a text")
    return None


def read_until(node: Mapping, reader: Reader) -> Until | None:
    until, retries, delay = (node.get(word) for word in ("until", "retries", "delay"))
    if until is None and retries is None:
        if (key := node.key("delay")) is not None:
            reader.add(key, "'delay' belongs to 'until'", "say what to wait for")
        return None
    default = Until(conditions=fields.conditions(until, reader, "until"))
    times = fields.whole_number(retries, reader, "retries", 0) if retries is not None else None
    delay_s = fields.duration(delay, reader, "delay") if delay is not None else None
    return Until(
        conditions=default.conditions,
        retries=default.retries if times is None else times,
        delay_s=default.delay_s if delay_s is None else delay_s,
    )


def read_loop(node: Mapping, reader: Reader) -> Loop | None:
    items, control = node.get("loop"), node.get("loop_control")
    if items is None:
        if (key := node.key("loop_control")) is not None:
            reader.add(key, "'loop_control' belongs to 'loop'", "say what to loop over")
        return None
    fields.check_templates(items, reader)
    if not isinstance(items, Sequence) and not (
        isinstance(items, Scalar) and is_template(items.value)
    ):
        hint = "write a list, or a template in braces that yields one"
        if isinstance(items, Mapping):
            hint = 'for a mapping: loop: "{{ name | dict2items }}"'
        reader.add(items, "'loop' must be a list", hint)
    loop = Loop(items=as_written(to_python(items)))
    return loop if control is None else _controlled(loop, control, reader)


def _controlled(loop: Loop, control: Node, reader: Reader) -> Loop:
    if not isinstance(control, Mapping):
        reader.add(control, f"'loop_control' is a mapping of {', '.join(LOOP_CONTROL)}")
        return loop
    reader.check_keys(control, LOOP_CONTROL, "loop_control")
    changes: dict[str, Any] = {}
    if (name := fields.variable_name(control.get("loop_var"), reader, "loop_var")) is not None:
        changes["variable"] = name
    changes["index_variable"] = fields.variable_name(control.get("index_var"), reader, "index_var")
    if (label := control.get("label")) is not None:
        fields.check_templates(label, reader)
        changes["label"] = to_python(label)
    if (pause := control.get("pause")) is not None:
        changes["pause_s"] = fields.duration(pause, reader, "pause") or 0.0
    for word in ("extended", "extended_allitems"):
        if (value := control.get(word)) is not None:
            changes[word] = fields.yes_no(value, reader, word) or False
    changes["break_when"] = fields.conditions(control.get("break_when"), reader, "break_when")
    return dataclasses.replace(loop, **changes)
