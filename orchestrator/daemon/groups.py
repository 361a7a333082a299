"""All groups of a configuration, each with a steward of its own, none in another's way."""

import asyncio
import contextlib
import dataclasses
import secrets
from collections.abc import Mapping
from typing import Any

from orchestrator.daemon import exchange
from orchestrator.daemon.leaving import leave
from orchestrator.daemon.steward import Steward
from orchestrator.daemon.surroundings import Neighbourhood
from orchestrator.errors import Busy, HasysError
from orchestrator.model import Event, Group, GroupName, Mode, ServerName, Severity
from orchestrator.model.pairing import Pairing
from orchestrator.model.state import GroupState, Vote
from orchestrator.runtime.application import Application
from orchestrator.store.lock import group_lock
from remote_helpers.protocol.words import Registration

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 30.0
"""Between two attempts at a group whose steward fails."""


class Groups:
    def __init__(self, application: Application) -> None:
        self.application = application
        self._neighbourhood = Neighbourhood(application.clock)
        self.stewards: dict[GroupName, Steward] = {}
        """Those that are looking after their group now."""

    def steward(self, group: GroupName) -> Steward:
        """Raises Busy where none looks after the group now."""
        steward = self.stewards.get(group)
        if steward is None:
            raise Busy(
                f"the daemon does not look after {group} now",
                hint="hasys events says why; hasys check looks at its files",
            )
        return steward

    async def look_after(self, group: Group) -> None:
        """Until cancelled. A steward that fails begins anew from what is on disk."""
        pause = FIRST_PAUSE_S
        self._neighbourhood.join(group.name)
        try:
            while True:
                began = self.application.clock.monotonic()
                await self._attempt(group)
                if self.application.clock.monotonic() - began > LONGEST_PAUSE_S:
                    pause = FIRST_PAUSE_S
                await self.application.clock.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE_S)
        finally:
            self._neighbourhood.leave(group.name)

    async def _attempt(self, group: Group) -> None:
        try:
            async with contextlib.AsyncExitStack() as stack:
                stack.enter_context(
                    group_lock(self.application.state_directory, group.name, "hasys run")
                )
                steward = await self._steward(group, stack)
                self.stewards[group.name] = steward
                stack.callback(self.stewards.pop, group.name)
                await steward.look_after()
        except HasysError as error:
            await self._failed(group, error.message)
        except Exception as mistake:  # noqa: BLE001 - one group's failure must not end the others
            await self._failed(group, f"our mistake: {_first(mistake)!r}")

    async def _failed(self, group: Group, text: str) -> None:
        """A failure while the daemon stops comes in place of the cancellation; it must stop all the
        same.
        """
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise asyncio.CancelledError
        await self._tell(group, text)

    async def _steward(self, group: Group, stack: contextlib.AsyncExitStack) -> Steward:
        states, clock = self.application.states, self.application.clock
        pairing = await states.pairing(group.name)
        if pairing is None:
            pairing = Pairing(keys=(secrets.token_hex(32),))
            await states.save_pairing(group.name, pairing)
        state = await states.load(group.name, clock.monotonic(), clock.utc())
        if state is None:
            state = _new_state(group, self.application.controller)
        elif state.mode is not Mode.MAINTENANCE:  # which holds until a person ends it
            state = dataclasses.replace(state, mode=group.mode)
        exchange.check_known(group, state, pairing)
        made: list[Steward] = []

        def pushed(server: ServerName, line: Mapping[str, Any]) -> None:
            made[0].pushed(server, line)

        transport = self.application.connect(group, pushed, pairing.ways)
        stack.push_async_callback(transport.close)
        made.append(
            Steward(self.application, group, state, pairing, transport, self._neighbourhood)
        )
        return made[0]

    async def leave(self) -> list[GroupName]:
        """Every active gets a term without end; those that could not be given one."""
        stewards = list(self.stewards.values())
        given = await asyncio.gather(*(leave(steward) for steward in stewards))
        return [steward.group.name for steward, has in zip(stewards, given, strict=True) if not has]

    async def _tell(self, group: Group, text: str) -> None:
        with contextlib.suppress(HasysError):
            await self.application.publisher.publish(
                Event(
                    at=self.application.clock.utc(),
                    group=group.name,
                    kind="not-looked-after",
                    severity=Severity.CRITICAL,
                    text=f"{text}; tried again soon",
                )
            )


def _new_state(group: Group, controller: str) -> GroupState:
    lease = group.timing.lease_s
    vote = Vote(registration=Registration(0, controller, ""), lease_s=lease, lease_max_s=lease)
    return GroupState(vote=vote, mode=group.mode)


def _first(mistake: BaseException) -> BaseException:
    """The one that matters of a task group's."""
    while isinstance(mistake, BaseExceptionGroup):
        mistake = mistake.exceptions[0]
    return mistake
