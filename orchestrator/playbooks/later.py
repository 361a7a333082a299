"""Values that are not known before a run: of a step that is foretold and not yet done.

A template that needs one raises `DecidedLater`: a plan shows the step as decided when it runs, and
never guesses. Made by `executor.foretell`; in a run there are none.
"""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any


class DecidedLater(Exception):
    """Not an error: what was asked for shows when the run comes there. Caught in the executor."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclasses.dataclass(frozen=True, slots=True)
class Later:
    """In a variable's place: whoever looks at it raises DecidedLater."""

    why: str


class Foretold(Mapping[str, Any]):
    """A registered result, as far as it is known; all other keys may be there or not."""

    def __init__(self, known: Mapping[str, Any], why: str) -> None:
        self._known = dict(known)
        self._why = why

    def with_known(self, more: Mapping[str, Any]) -> "Foretold":
        return Foretold({**self._known, **more}, self._why)

    def __getitem__(self, key: str) -> Any:
        if key not in self._known:
            raise DecidedLater(self._why)
        return self._known[key]

    def __contains__(self, key: object) -> bool:
        if key not in self._known:
            raise DecidedLater(self._why)
        return True

    def __iter__(self) -> Iterator[str]:
        raise DecidedLater(self._why)

    def __len__(self) -> int:
        raise DecidedLater(self._why)


def known(value: Any) -> Any:
    """The value itself. Raises DecidedLater for one that is not known yet."""
    if isinstance(value, Later):
        raise DecidedLater(value.why)
    return value
