"""`hasys run`: groups, door, signals, watchdog; from its start to an orderly stop."""

import asyncio
import dataclasses
import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestrator.config.configuration import Configuration
from orchestrator.daemon import exchange, wire
from orchestrator.daemon.door import Door, Reloaded
from orchestrator.daemon.groups import Groups
from orchestrator.daemon.leaving import dismiss
from orchestrator.daemon.notify import tell_systemd, watchdog_interval_s
from orchestrator.daemon.server import listening
from orchestrator.errors import Busy, ConfigInvalid, HasysError
from orchestrator.model import Group, GroupName
from orchestrator.runtime.application import Application, load_checked

Say = Callable[[str], None]


class Daemon:
    def __init__(self, application: Application, say: Say) -> None:
        self._application = application
        self._groups = Groups(application)
        self._say = say
        self._looking: dict[GroupName, asyncio.Task[None]] = {}
        self._reloading = asyncio.Lock()

    async def run(self, stopped: asyncio.Event) -> None:
        """Looks after all groups until `stopped` is set; changes no role by its end."""
        state = self._application.state_directory
        door = Door(self._application, self._groups, reload=self.reload, dismiss=self.dismiss)
        with _alone(state):
            async with asyncio.TaskGroup() as tasks, listening(state / wire.SOCKET, door.answer):
                self._tasks = tasks
                for group in self._application.configuration.groups.values():
                    self._begin(group)
                feeding = tasks.create_task(_feed_systemd())
                tell_systemd("READY=1")
                self._say(f"looking after {', '.join(self._application.configuration.groups)}")
                await stopped.wait()
                tell_systemd("STOPPING=1")
                await self._leave()
                for task in (*self._looking.values(), feeding):
                    task.cancel()

    async def reload(self) -> Reloaded:
        """Reads the configuration anew; one with problems changes nothing. Raises ConfigInvalid.

        A group that changed is looked after anew, as after a restart of the daemon. One that is
        gone from the files goes on by its last good definition: it leaves by `hasys release` alone.
        So does one with another server, until the server that stays has agreed to it.
        """
        async with self._reloading:
            old = self._application.configuration
            new = await asyncio.to_thread(load_checked, old.directory)
            changed = sorted(n for n in new.groups if new.digests[n] != old.digests.get(n))
            agreed, refused = await self._exchanges(new, changed)
            gone = sorted(old.groups.keys() - new.groups.keys())
            kept = {name: old.groups[name] for name in (*gone, *refused)}
            digests = {**new.digests, **{name: old.digests[name] for name in refused}}
            merged = dataclasses.replace(new, groups={**new.groups, **kept}, digests=digests)
            self._application = dataclasses.replace(self._application, configuration=merged)
            self._groups.application = self._application
            for name in changed:
                await self._end(name)
                if name in agreed:
                    await agreed[name].put_in_place(self._application)
                self._begin(merged.groups[name])
            done = tuple(name for name in changed if name not in refused)
            return Reloaded(changed=done, gone=tuple(gone), refused=refused)

    async def _exchanges(
        self, new: Configuration, changed: list[GroupName]
    ) -> tuple[dict[GroupName, exchange.Agreed], dict[GroupName, str]]:
        agreed: dict[GroupName, exchange.Agreed] = {}
        refused: dict[GroupName, str] = {}
        before = self._application.configuration.groups
        for name in changed:
            if not exchange.is_one(before.get(name), new.groups[name]):
                continue
            try:
                agreed[name] = await exchange.agree(self._groups.steward(name), new.groups[name])
            except HasysError as error:
                refused[name] = f"{error.message}; {error.hint}"
        return agreed, refused

    def reload_soon(self) -> None:
        """For a signal: what becomes of it is said, not raised."""
        self._tasks.create_task(self._reload_and_say())

    async def _reload_and_say(self) -> None:
        try:
            reloaded = await self.reload()
        except ConfigInvalid as invalid:
            for problem in invalid.problems:
                self._say(problem)
            self._say("the configuration has problems: the one before stays in force")
        else:
            self._say(f"reloaded; changed: {', '.join(reloaded.changed) or 'nothing'}")
            for name, why in reloaded.refused.items():
                self._say(f"{name}: goes on by the definition before: {why}")

    async def dismiss(self, name: GroupName) -> None:
        """No longer looks after a group: its guards end, and its service runs on unguarded."""
        steward = self._groups.stewards.get(name)
        if steward is not None:
            await dismiss(steward)
        await self._end(name)
        await self._application.states.forget(name)

    def _begin(self, group: Group) -> None:
        task = self._tasks.create_task(self._groups.look_after(group), name=f"group {group.name}")
        self._looking[group.name] = task

    async def _end(self, name: GroupName) -> None:
        task = self._looking.pop(name, None)
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    async def _leave(self) -> None:
        left = await self._groups.leave()
        for group in left:
            self._say(
                f"{group}: the active could not be told to go on alone; if its standby goes "
                "before a controller is back, the service stops"
            )


async def _feed_systemd() -> None:
    interval = watchdog_interval_s()
    if interval is None:
        return
    while True:
        tell_systemd("WATCHDOG=1")
        await asyncio.sleep(interval)


@contextmanager
def _alone(state_directory: Path) -> Iterator[None]:
    """One daemon a state directory: two would be the same controller twice."""
    path = state_directory / "daemon.lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(
                f"another daemon uses {state_directory}",
                hint="stop that one first, or choose another state directory with --state",
            ) from None
        yield
    finally:
        os.close(descriptor)
