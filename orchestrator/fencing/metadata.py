"""What a fence agent says of itself, as XML, to what may be written in a group's file.

Called by `agents`; ClusterLabs' FenceAgentAPI describes the form. Pure.
"""

import dataclasses
from collections.abc import Iterator, Mapping
from xml.etree import ElementTree

BOOLEANS = frozenset({"0", "1", "true", "false", "on", "off", "yes", "no"})


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    name: str
    kind: str
    """string, integer, second, boolean, select, ..."""
    required: bool
    choices: tuple[str, ...] = ()
    replaces: str | None = None
    """The older name for the same."""
    deprecated: bool = False

    def complaint(self, value: str) -> str | None:
        """What is wrong with a value; None: nothing that the agent's own words forbid."""
        if self.kind == "boolean" and value.lower() not in BOOLEANS:
            return "must be true or false"
        if self.kind in ("integer", "second") and not value.removeprefix("-").isdigit():
            return "must be a whole number"
        if self.choices and value not in self.choices:
            return f"must be {' or '.join(self.choices)}"
        return None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    parameters: Mapping[str, Parameter]
    actions: frozenset[str]
    on_target: bool
    """It has to run on the server that is to be fenced."""

    def missing(self, given: frozenset[str]) -> tuple[str, ...]:
        """Required parameters that stand there under neither name."""
        return tuple(
            one.name
            for one in self.parameters.values()
            if one.required
            and not one.deprecated
            and one.name != "action"
            and not given & {one.name, one.replaces}
        )


def parse(text: str) -> Metadata:
    """Raises ValueError."""
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - the word of a program that root installed
    except ElementTree.ParseError as problem:
        raise ValueError(f"its metadata is not XML: {problem}") from None
    actions = list(root.iterfind("actions/action"))
    found = {one.name: one for one in _parameters(root)}
    if root.tag != "resource-agent" or not found:
        raise ValueError("its metadata lists no parameters")
    return Metadata(
        parameters=found,
        actions=frozenset(action.get("name", "") for action in actions),
        on_target=any(action.get("on_target") == "1" for action in actions),
    )


def _parameters(root: ElementTree.Element) -> Iterator[Parameter]:
    for element in root.iterfind("parameters/parameter"):
        content = element.find("content")
        yield Parameter(
            name=element.get("name", ""),
            kind="string" if content is None else content.get("type", "string"),
            required=element.get("required") == "1",
            choices=tuple(one.get("value", "") for one in element.iterfind("content/option")),
            replaces=element.get("obsoletes"),
            deprecated=element.get("deprecated") == "1",
        )
