"""The tables of keywords and modules as a JSON Schema, so that editors complete and check.

`# yaml-language-server: $schema=playbook.schema.json` in a playbook's first line. What only the
whole playbook or the group can tell (names of resources, of handlers) is not in it.
"""

from collections.abc import Mapping
from typing import Any

from orchestrator.playbooks import keywords
from orchestrator.playbooks.arguments import Kind, Parameter
from orchestrator.playbooks.model import MetaAction
from orchestrator.playbooks.module import Module
from orchestrator.playbooks.modules import MODULES
from orchestrator.playbooks.parse_directives import LOOP_CONTROL

Schema = dict[str, Any]
_TEXT: Schema = {"type": "string"}
_TEXTS: Schema = {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}]}
_CONDITION: Schema = {"type": ["string", "boolean"]}
_CONDITIONS: Schema = {"anyOf": [_CONDITION, {"type": "array", "items": _CONDITION}]}
_YES_NO: Schema = {"type": ["boolean", "string"]}
_SECONDS: Schema = {"type": ["number", "string"]}
_WHOLE_NUMBER: Schema = {"type": ["integer", "string"]}
_MAPPING: Schema = {"type": ["object", "string"]}
_TASKS: Schema = {"type": "array", "items": {"$ref": "#/$defs/task"}}

_OF_KIND: Mapping[Kind, Schema] = {
    Kind.TEXT: {"type": ["string", "number"]},
    Kind.WHOLE_NUMBER: _WHOLE_NUMBER,
    Kind.SECONDS: _SECONDS,
    Kind.YES_NO: _YES_NO,
    Kind.MODE: _TEXT,
    Kind.TEXTS: {"type": ["array", "string", "number"]},
    Kind.NUMBERS: {"type": ["array", "integer", "string"]},
    Kind.CONDITIONS: _CONDITIONS,
    Kind.MAPPING: _MAPPING,
    Kind.ANY: {},
}
_OF_KEYWORD: Mapping[str, Schema] = {
    "name": _TEXT,
    "hosts": _TEXT,
    "vars": {"type": "object"},
    "vars_files": _TEXTS,
    "gather_facts": {"enum": [False, "no", "off"]},
    "force_handlers": _YES_NO,
    "when": _CONDITIONS,
    "loop": {"type": ["array", "string"]},
    "register": _TEXT,
    "until": _CONDITIONS,
    "retries": _WHOLE_NUMBER,
    "delay": _SECONDS,
    "failed_when": _CONDITIONS,
    "changed_when": _CONDITIONS,
    "notify": _TEXTS,
    "listen": _TEXTS,
    "args": {"type": "object"},
    "tags": {"type": ["string", "number", "array"]},
    "environment": {"type": ["object", "array", "string"]},
    "become_user": _TEXT,
    "delegate_to": _TEXT,
    "timeout": _SECONDS,
    "include_tasks": {"type": ["string", "object"]},
    "import_tasks": {"type": ["string", "object"]},
    "import_playbook": _TEXT,
    "meta": {"enum": [action.value for action in MetaAction]},
    "loop_control": {
        "type": "object",
        "properties": {name: {} for name in LOOP_CONTROL},
        "additionalProperties": False,
    },
    **dict.fromkeys(("tasks", "pre_tasks", "post_tasks", "handlers"), _TASKS),
    **dict.fromkeys(("block", "rescue", "always"), _TASKS),
}
"""All other keywords are true, false or a template of that."""


def json_schema() -> Schema:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "HA_SYS playbook",
        "type": "array",
        "items": {"$ref": "#/$defs/play"},
        "$defs": {
            "play": _first_of([_imported()], _play()),
            "task": _first_of([_block(), *_instead()], _task()),
        },
    }


def _first_of(special: list[Schema], otherwise: Schema) -> Schema:
    """Told apart by the word that each requires: an editor complains about that one alone."""
    found = otherwise
    for one in reversed(special):
        found = {"if": {"required": one["required"]}, "then": one, "else": found}
    return found


def _play() -> Schema:
    return _object({**keywords.PLAY, **keywords.DIRECTIVES}, required=["hosts"])


def _object(words: Mapping[str, str], required: list[str]) -> Schema:
    return {
        "type": "object",
        "properties": {word: _keyword(word, meaning) for word, meaning in words.items()},
        "required": required,
        "additionalProperties": False,
    }


def _keyword(word: str, meaning: str) -> Schema:
    return {**_OF_KEYWORD.get(word, _YES_NO), "description": meaning}


def _imported() -> Schema:
    word = "import_playbook"
    meanings = {**keywords.TASK, **keywords.DIRECTIVES}
    words = {name: meanings[name] for name in keywords.IMPORTED_PLAYBOOK}
    return _object({word: keywords.INSTEAD_OF_A_MODULE[word], **words}, required=[word])


def _block() -> Schema:
    return _object({**keywords.BLOCK, **keywords.DIRECTIVES}, required=["block"])


def _instead() -> list[Schema]:
    meanings = {**keywords.TASK, **keywords.DIRECTIVES}
    beside = {
        "include_tasks": (*keywords.INCLUDE, *keywords.DIRECTIVES),
        "import_tasks": ("name", "when", "vars", *keywords.DIRECTIVES),
        "meta": (*keywords.META, "tags"),
    }
    return [
        _object(
            {word: keywords.INSTEAD_OF_A_MODULE[word], **{name: meanings[name] for name in names}},
            required=[word],
        )
        for word, names in beside.items()
    ]


def _task() -> Schema:
    """Exactly one module beside the keywords."""
    words = {**keywords.TASK, **keywords.HANDLER, **keywords.DIRECTIVES}
    found = _object(words, required=[])
    found["properties"] |= {name: _module(module) for name, module in MODULES.items()}
    found["oneOf"] = [{"required": [name]} for name in MODULES]
    return found


def _module(module: Module) -> Schema:
    """Arguments in a mapping, or the main one alone; what `args` may add cannot be asked for."""
    parameters = module.parameters
    args: Schema = {
        "type": "object",
        "properties": {name: _argument(one) for name, one in parameters.items()},
        "additionalProperties": not parameters,
    }
    free: list[Schema] = [{"type": ["string", "number", "boolean"]}] if module.free_form else []
    return {"anyOf": [args, {"type": "null"}, *free], "description": module.summary}


def _argument(parameter: Parameter) -> Schema:
    found = dict(_OF_KIND[parameter.kind])
    if parameter.choices:
        chosen: list[Schema] = [{"enum": list(parameter.choices)}]
        template = {"type": "string", "pattern": r"\{\{"}
        found = {"anyOf": [*chosen, *([] if parameter.literal else [template])]}
    return {**found, "description": parameter.summary}
