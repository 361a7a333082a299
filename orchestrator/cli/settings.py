"""Options that every command knows: before its name or after it, with the same meaning."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from orchestrator.runtime.application import Application

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    inventory: Path | None = None
    state: Path | None = None
    output: str = "table"
    accept_new_host_keys: bool = False
    yes: bool = False

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Settings:
        return cls(**{key: value for key, value in options.items() if value is not None})

    def inventory_directory(self) -> Path:
        """Raises UsageError naming the places that were looked at."""
        from orchestrator.config.directory import find_directory

        return find_directory(self.inventory, os.environ, Path.cwd())

    def state_directory(self) -> Path:
        from orchestrator.runtime.places import state_directory

        return state_directory(self.state, os.environ, is_root=os.geteuid() == 0)

    def application(self) -> AbstractAsyncContextManager[Application]:
        """Raises ConfigInvalid or StoreUnusable before anything is touched."""
        from orchestrator.runtime.application import opened

        return opened(
            self.inventory_directory(),
            self.state_directory(),
            accept_new_host_keys=self.accept_new_host_keys,
        )


def settings_options(function: Function) -> Function:
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.option(
        "-i",
        "--inventory",
        type=click.Path(path_type=Path),
        help="Inventory directory. Else HASYS_INVENTORY, ./inventory, /etc/hasys.",
    ),
    click.option(
        "--state",
        type=click.Path(path_type=Path),
        help="Where the controller keeps its state. Else HASYS_STATE.",
    ),
    click.option(
        "-o",
        "--output",
        type=click.Choice(["table", "json"]),
        default=None,
        help="For people (the default) or for programs.",
    ),
    click.option(
        "--accept-new-host-keys",
        is_flag=True,
        default=None,
        help="Store the key of a host that was never seen; a changed key is refused all the same.",
    ),
    click.option("-y", "--yes", is_flag=True, default=None, help="Answer every question with yes."),
)


def with_settings(function: Function) -> Function:
    """A command that takes the common options too; it gets them as `settings`."""
    import functools

    @click.pass_obj
    @functools.wraps(function)
    def command(outer: Settings, /, *args: Any, **options: Any) -> Any:
        names = [field.name for field in dataclasses.fields(Settings)]
        given = {name: options.pop(name) for name in names}
        own = {name: value for name, value in given.items() if value is not None}
        return function(*args, settings=dataclasses.replace(outer, **own), **options)

    return settings_options(command)  # type: ignore[return-value]
