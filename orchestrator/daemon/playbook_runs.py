"""From what the loop wants to the run of a shipped playbook that brings it about."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from orchestrator.decision.intents import CleanServer, ConnectCopies, LetWrite, Work
from orchestrator.decision.movement import Movement
from orchestrator.model import ServerName
from orchestrator.model.state import Goal, GoalKind, NotedReign
from orchestrator.playbooks import library
from orchestrator.runtime.order import Order

if TYPE_CHECKING:
    from orchestrator.daemon.steward import Steward

BY = "hasys"


def for_goal(steward: Steward, goal: Goal) -> Order:
    source = goal.source or steward.group.peer_of(goal.target).name
    match goal.kind:
        case GoalKind.STOP | GoalKind.HAND_OVER:
            return _order(steward, "stop", source, goal.target)
        case GoalKind.START:
            return _order(steward, "start", source, goal.target)
        case GoalKind.FAILOVER if goal.forced:
            return _order(steward, "forced-failover", source, goal.target)
        case GoalKind.FAILOVER if steward.standing.silence(source) is not None:
            return _order(steward, "failover", source, goal.target)
        case GoalKind.FAILOVER | GoalKind.FAILBACK | GoalKind.SWITCHOVER:
            return _order(steward, "switchover", source, goal.target)


def for_reign(steward: Steward, left: NotedReign) -> Order:
    """What a person forced is started as it was asked for."""
    server = ServerName(left.reign.server)
    peer = steward.group.peer_of(server).name
    return _order(steward, "forced-failover" if left.forced else "start", peer, server)


def for_intent(steward: Steward, intent: Work) -> Order:
    server = intent.server
    peer = steward.group.peer_of(server).name
    match intent:
        case CleanServer():
            order = _order(steward, "stop", server, peer)
        case LetWrite():
            order = _order(steward, "write-alone", server, peer)
        case ConnectCopies():
            order = _order(steward, "reconnect", peer, server)
        case _:
            order = _order(steward, "start", peer, server)
            return dataclasses.replace(order, only=frozenset({intent.resource}))
    return dataclasses.replace(order, limit=server)


def _order(steward: Steward, playbook: str, source: ServerName, target: ServerName) -> Order:
    return Order(
        group=steward.group,
        playbook=library.read(playbook, steward.application.configuration.directory),
        wish=lambda _: Movement(source=source, target=target),
        by=BY,
    )
