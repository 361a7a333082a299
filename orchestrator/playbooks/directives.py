"""Keywords that a play hands down to its blocks and a block to its tasks, as Ansible does.

Read by `parse_directives`; a task has the result of all that stand around it.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

YesNo = bool | str
"""Written down, or a template that yields true or false."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Directives:
    """None: not said here, so what stands around decides."""

    tags: tuple[str, ...] = ()
    environment: tuple[Any, ...] = ()
    """Mappings or templates of such, the outermost first: later ones win."""
    become: YesNo | None = None
    become_user: str | None = None
    delegate_to: str | None = None
    no_log: bool | None = None
    ignore_errors: YesNo | None = None
    ignore_unreachable: YesNo | None = None
    any_errors_fatal: bool | None = None
    run_once: bool | None = None
    check_mode: YesNo | None = None
    """True: only foretell, whatever the run does; False: run it even in a check."""
    diff: YesNo | None = None
    timeout_s: float | None = None

    def within(self, outer: "Directives") -> "Directives":
        """Tags and environments add up; of all else the innermost word counts."""
        changes: dict[str, Any] = {
            "tags": tuple(dict.fromkeys((*outer.tags, *self.tags))),
            "environment": (*outer.environment, *self.environment),
        }
        for field in dataclasses.fields(self):
            if field.name not in changes and getattr(self, field.name) is None:
                changes[field.name] = getattr(outer, field.name)
        return dataclasses.replace(self, **changes)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which tasks of a playbook are wanted: `--tags`, `--skip-tags`, `--start-at-task`."""

    tags: tuple[str, ...] = ()
    skip_tags: tuple[str, ...] = ()
    start_at: str = ""

    def wants(self, tags: tuple[str, ...]) -> bool:
        """Ansible's rules, with its words `always`, `never`, `all`, `tagged`, `untagged`."""
        own = set(tags) or {"untagged"}
        return self._is_chosen(own) and not self._is_skipped(own)

    def _is_chosen(self, own: set[str]) -> bool:
        wanted = set(self.tags) or {"all"}
        if "always" in own or own & wanted:
            return True
        if "never" in own:
            return False
        return "all" in wanted or ("tagged" in wanted and own != {"untagged"})

    def _is_skipped(self, own: set[str]) -> bool:
        unwanted = set(self.skip_tags)
        if "all" in unwanted:
            return "always" not in own or "always" in unwanted
        return bool(own & unwanted) or ("tagged" in unwanted and own != {"untagged"})

    def as_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Selection":
        return cls(
            tags=tuple(document.get("tags", ())),
            skip_tags=tuple(document.get("skip_tags", ())),
            start_at=document.get("start_at", ""),
        )
