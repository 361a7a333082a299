"""What a person overrides who forces a movement, said before it is done."""

import dataclasses
from typing import Any

from orchestrator.daemon.steward import Steward
from orchestrator.decision import freshness
from orchestrator.decision import vote as votes
from orchestrator.decision.facts import Facts
from orchestrator.decision.pursue import hindrances
from orchestrator.errors import UsageError
from orchestrator.executor.run import RunResult
from orchestrator.model import Reason, Refusal, ServerName
from orchestrator.model.moment import Monotonic
from orchestrator.model.state import Goal, GoalKind, GroupState
from orchestrator.runtime.order import Caller

DATA_LOSS = "data-loss"
TWO_ACTIVES = "two-actives"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    risk: str
    """DATA_LOSS or TWO_ACTIVES, which a person accepts by name; else empty."""
    text: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    overrides: tuple[Override, ...]
    token: str
    """Of what was seen: a confirmation for something else is refused."""


def preview(facts: Facts, state: GroupState, target: ServerName) -> Preview:
    overrides: list[Override] = []
    for noted in votes.unproven(state.vote):
        server = ServerName(noted.reign.server)
        if server != target and facts.is_silent(server):
            age = facts.age(server)
            ago = "was never heard" if age is None else f"was last heard {age:.0f} s ago"
            text = f"{server} may still serve: it {ago} and nothing proves that it is off"
            overrides.append(Override(risk=TWO_ACTIVES, text=text))
    goal = Goal(
        kind=GoalKind.FAILOVER,
        target=target,
        source=facts.peer(target),
        since=Monotonic(facts.now),
        reason=Reason.PERSON_ASKED,
    )
    for because in hindrances(facts, state, goal):
        risk = DATA_LOSS if because.reason is Reason.DATA_OUT_OF_DATE else ""
        overrides.append(Override(risk=risk, text=because.evidence))
    doubts = freshness.outdated(facts.group, facts.view.view, state.outdated).because
    if target in doubts:
        overrides.append(Override(risk=DATA_LOSS, text=doubts[target]))
    if facts.is_silent(facts.peer(target)):
        text = f"what {facts.peer(target)} wrote last may not have reached {target}"
        overrides.append(Override(risk=DATA_LOSS, text=text))
    return Preview(overrides=tuple(overrides), token=_token(facts, state))


def _token(facts: Facts, state: GroupState) -> str:
    """Changes with every reign, and with what each server is seen to be."""
    current = votes.newest(state.vote)
    epoch = 0 if current is None else current.reign.epoch
    phases = [
        "silent" if (report := facts.report(name)) is None else report.phase for name in facts.names
    ]
    return "/".join([str(epoch), *phases])


def forcing(steward: Steward, to: str) -> dict[str, Any]:
    """The preview as JSON. Raises UsageError for a server that is not one of the group."""
    return dataclasses.asdict(
        preview(steward.standing.facts(), steward.state, _server(steward, to))
    )


async def force(
    steward: Steward, to: str, token: str, caller: Caller
) -> RunResult | tuple[Refusal, ...]:
    """Refused when what the person confirmed is not what is there now."""
    target = _server(steward, to)
    now = preview(steward.standing.facts(), steward.state, target)
    if now.token != token:
        return (
            Refusal(
                reason=Reason.PLAN_CHANGED,
                evidence=f"since it was confirmed ({token}) the group has changed ({now.token})",
                advice="look again, and confirm what is there now",
            ),
        )
    return await steward.force(target, caller)


def _server(steward: Steward, name: str) -> ServerName:
    if name not in steward.group.server_names:
        raise UsageError(
            f"{name!r} is not a server of {steward.group.name}",
            hint=f"servers: {', '.join(steward.group.server_names)}",
        )
    return ServerName(name)
