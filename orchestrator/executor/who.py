"""Which servers a play is for; ACTIVE and STANDBY are looked at anew when it begins.

Called by `executor.engine`, in a run and in a plan.
"""

import dataclasses

from orchestrator.clock import Clock
from orchestrator.decision.roles import status_of
from orchestrator.executor.charter import Charter
from orchestrator.executor.scope import Scope
from orchestrator.executor.step import Step, StepRunner
from orchestrator.model import Group, Outcome, Role, ServerName, Status, StepId
from orchestrator.playbooks.model import CompiledPlay, HostSelector
from orchestrator.probes.collect import collect
from orchestrator.transport import Transport


class NobodyIsMeant(Exception):
    """A play's role is nobody's: passed over, it would look like done. Caught by the run."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    group: Group
    charter: Charter
    scope: Scope
    steps: StepRunner
    transport: Transport
    clock: Clock

    async def meant(self, number: int, play: CompiledPlay) -> tuple[ServerName, ...]:
        if play.asks_roles:
            self.scope.set_roles(
                active=_only(await self._by_role(f"{number}:active", Role.ACTIVE)),
                standby=_only(await self._by_role(f"{number}:standby", Role.STANDBY)),
            )
        meant = await self._selected(number, play)
        return tuple(server for server in meant if server in self.charter.servers)

    async def _selected(self, number: int, play: CompiledPlay) -> tuple[ServerName, ...]:
        match play.selector:
            case HostSelector.SOURCE:
                return (self.charter.source,)
            case HostSelector.TARGET:
                return (self.charter.target,)
            case HostSelector.GROUP:
                return self.group.server_names
            case HostSelector.SERVER:
                return (ServerName(play.server or ""),)
            case HostSelector.ACTIVE:
                return await self._holders_of(f"{number}:hosts", Role.ACTIVE)
            case HostSelector.STANDBY:
                return await self._holders_of(f"{number}:hosts", Role.STANDBY)

    async def _holders_of(self, step: str, role: Role) -> tuple[ServerName, ...]:
        """A play for a role that nobody has is a failure: passed over, it would look like done."""
        found = await self._by_role(step, role)
        if not found:
            raise NobodyIsMeant(f"no server is {role.value}")
        return found

    async def _by_role(self, step: str, role: Role) -> tuple[ServerName, ...]:
        """A step of its own: a resumed run goes on with the servers that were found then."""

        async def look() -> Outcome:
            view = await collect(self.group, self.transport, self.clock)
            roles = status_of(self.group, view).roles
            found = [name for name in self.group.server_names if roles[name] is role]
            return Outcome(
                status=Status.OK,
                message=f"{', '.join(found) or 'no server'} is {role.value}",
                result={"servers": found},
            )

        outcome = await self.steps.perform(
            Step(
                id=StepId(step),
                title=f"who is {role.value}",
                server=self.charter.source,
                act=look,
            )
        )
        return tuple(ServerName(name) for name in outcome.result["servers"])


def _only(servers: tuple[ServerName, ...]) -> ServerName | None:
    return servers[0] if len(servers) == 1 else None
