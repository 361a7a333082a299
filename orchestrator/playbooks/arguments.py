"""What a module takes: a table of parameters, which checks arguments and writes the reference.

`parse` checks them as written (a template fits everywhere: nobody knows yet what it becomes),
each module once more as rendered.
"""

import dataclasses
import enum
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from orchestrator.config.problems import did_you_mean

MASK = "********"
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)?")
_CLAUSE = r"[ugoa]*[-+=][rwxXst]*"
_MODE = re.compile(rf"[0-7]{{3,5}}|preserve|{_CLAUSE}(?:,{_CLAUSE})*")
_YES_NO = {"yes": True, "on": True, "true": True, "no": False, "off": False, "false": False}
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


class Kind(enum.Enum):
    TEXT = "text"
    WHOLE_NUMBER = "whole number"
    SECONDS = "seconds, or `500ms`, `10s`, `5m`, `1h`"
    YES_NO = "`true` or `false`"
    MODE = "text: octal (`'0644'`) or symbolic (`u=rw,go=r`)"
    TEXTS = "list of texts, or one text"
    NUMBERS = "list of whole numbers, or one"
    CONDITIONS = "condition, or list of conditions that must all hold"
    MAPPING = "mapping"
    ANY = "anything"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One argument of a module; `default` None: there is none."""

    kind: Kind
    summary: str
    required: bool = False
    default: Any = None
    choices: tuple[str, ...] = ()
    literal: bool = False
    """Used when the playbook is compiled, before there are values: a template cannot stand here."""
    secret: bool = False
    """A password: its value is in no output, journal or message."""
    early: bool = False
    """Rendered when the playbook is compiled: of variables, those of `-e` alone are there then."""


Parameters = Mapping[str, Parameter]


class WrongArgument(ValueError):
    """One argument does not fit; `name` says which, '' where it is all of them together."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


def is_template(value: object) -> bool:
    return isinstance(value, str) and ("{{" in value or "{%" in value)


def find_problems(parameters: Parameters, args: Mapping[str, Any]) -> tuple[WrongArgument, ...]:
    """Everything wrong with arguments as they are written."""
    found = [
        WrongArgument(name, f"unknown argument '{name}'; {did_you_mean(name, parameters)}")
        for name in args
        if name not in parameters
    ]
    for name, parameter in parameters.items():
        if name not in args:
            if parameter.required:
                found.append(
                    WrongArgument("", f"argument '{name}' is missing: {parameter.summary}")
                )
        elif is_template(args[name]):
            if parameter.literal:
                message = f"'{name}' is read before the run begins and cannot be a template"
                found.append(WrongArgument(name, message))
        else:
            try:
                _read(name, parameter, args[name])
            except WrongArgument as wrong:
                found.append(wrong)
    return tuple(found)


def read(parameters: Parameters, args: Mapping[str, Any]) -> dict[str, Any]:
    """Rendered arguments in the types that modules work with. Raises WrongArgument."""
    values = {name: parameter.default for name, parameter in parameters.items()}
    for name, value in args.items():
        values[name] = _read(name, parameters[name], value)
    return values


def secrets_in(parameters: Parameters, args: Mapping[str, Any]) -> tuple[str, ...]:
    """The values that nobody may see."""
    return tuple(
        text
        for name, parameter in parameters.items()
        if parameter.secret and (text := str(args.get(name) or ""))
    )


def shown_arguments(parameters: Parameters, args: Mapping[str, Any]) -> dict[str, Any]:
    """As they are written, for people."""
    hidden = {name for name, parameter in parameters.items() if parameter.secret}
    return {name: MASK if name in hidden else value for name, value in args.items()}


def masked(value: Any, secrets: Sequence[str]) -> Any:
    """A value with every secret in it, at any depth, blotted out."""
    if isinstance(value, str):
        for secret in secrets:
            value = value.replace(secret, MASK)
        return value
    if isinstance(value, Mapping):
        return {masked(name, secrets): masked(item, secrets) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [masked(item, secrets) for item in value]
    return value


def seconds(value: object) -> float:
    """`10`, `10s`, `5m`; ValueError for what is no duration."""
    if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
        return float(value)
    found = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise ValueError(f"{value!r} is no duration; write seconds, or like 500ms, 10s, 5m, 1h")
    return float(found[1]) * _SECONDS[found[2] or "s"]


def _read(name: str, parameter: Parameter, value: Any) -> Any:
    try:
        read_as = _READERS[parameter.kind](value)
    except ValueError as error:
        why = f"not a {parameter.kind.value}" if parameter.secret else error
        raise WrongArgument(name, f"'{name}': {why}") from None
    if parameter.required and read_as in ("", ()):
        raise WrongArgument(name, f"'{name}' is empty")
    if parameter.choices and read_as not in parameter.choices:
        hint = did_you_mean(str(read_as), parameter.choices)
        raise WrongArgument(name, f"'{name}' cannot be {read_as!r}; {hint}")
    return read_as


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise ValueError(f"{_shown(value)} is no text")


def _whole_number(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,18}", value.strip()):
        return int(value)
    raise ValueError(f"{_shown(value)} is no whole number")


def _yes_no(value: object) -> bool:
    """Also the words that Ansible's users write: YAML 1.2 leaves them texts."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in _YES_NO:
        return _YES_NO[value.strip().lower()]
    raise ValueError(f"{_shown(value)} is neither true nor false")


def _mode(value: object) -> str:
    """A number would be a decimal one: 644 is none of `rw-r--r--`."""
    if isinstance(value, str) and _MODE.fullmatch(value.strip()):
        return value.strip()
    raise ValueError(f"{_shown(value)} is no mode; write '0644', or like u=rw,go=r")


def _texts(value: object) -> tuple[str, ...]:
    return tuple(_text(item) for item in _items(value))


def _numbers(value: object) -> tuple[int, ...]:
    return tuple(_whole_number(item) for item in _items(value))


def _conditions(value: object) -> tuple[str, ...]:
    """A YAML true or false is a condition too."""
    return tuple(
        str(item).lower() if isinstance(item, bool) else _text(item) for item in _items(value)
    )


def _mapping(value: object) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return value
    raise ValueError(f"{_shown(value)} is no mapping")


def _items(value: object) -> Sequence[object]:
    return value if isinstance(value, list | tuple) else (value,)


def _shown(value: object) -> str:
    match value:
        case None:
            return "nothing"
        case list() | tuple():
            return "a list"
        case Mapping():
            return "a mapping"
        case _:
            return repr(value)


_READERS: Mapping[Kind, Callable[[Any], Any]] = {
    Kind.TEXT: _text,
    Kind.WHOLE_NUMBER: _whole_number,
    Kind.SECONDS: seconds,
    Kind.YES_NO: _yes_no,
    Kind.MODE: _mode,
    Kind.TEXTS: _texts,
    Kind.NUMBERS: _numbers,
    Kind.CONDITIONS: _conditions,
    Kind.MAPPING: _mapping,
    Kind.ANY: lambda value: value,
}
