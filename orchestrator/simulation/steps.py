"""The executor's part, in short: what a reign lacks is started, by a plan, through the gate."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from orchestrator.decision import vote as votes
from orchestrator.decision.data_rules import start_refusals
from orchestrator.model import ServerName
from orchestrator.simulation.machine import DATA, PARTS, Step
from remote_helpers.protocol import holder
from remote_helpers.protocol.messages import Plan

if TYPE_CHECKING:
    from orchestrator.simulation.controller import SimController


def let_write(one: SimController, server: ServerName) -> None:
    """Writes that wait for a word go on."""
    current = votes.newest(one.state.vote)
    if current is not None and current.reign.server == server:
        there = one.servers[server]
        word = (current.reign, one.state.vote.registration.incarnation)
        one.effect()
        one.outbox.send(lambda: one.world.send(one.name, server, there.let_write, *word))


def _data_allows(one: SimController, server: ServerName, *, is_forced: bool) -> bool:
    """As `executor.copies` and the authority of the daemon: both copies are looked at, or, where
    the peer is silent, the note.
    """
    peer = one.group.peer_of(server).name
    facts = one.facts()
    if facts.is_silent(peer):
        return is_forced or server not in one.state.outdated
    view = facts.view.view
    return not start_refusals(one.group, view.of(server), view.of(peer))


def take(one: SimController) -> None:
    """After each turn."""
    _stop_in_order(one)
    _start_parts(one)


def _stop_in_order(one: SimController) -> None:
    """The run of an orderly stop: here the guard stops the parts when the reign is ended."""
    goal = one.state.goal
    if goal is not None and not goal.source_stopped:
        done = dataclasses.replace(goal, source_stopped=True)
        one.loop.store(dataclasses.replace(one.state, goal=done))


def _start_parts(one: SimController) -> None:
    """What the reign on a server lacks is started there, by a plan."""
    current = votes.newest(one.state.vote)
    if current is None or not one.state.wanted:
        return
    server = current.reign.server
    known = one.loop.reports.get(ServerName(server))
    if known is None:
        return
    report = known[1]
    if report.reign != current.reign or report.phase != holder.REIGNING:
        return
    missing = [part for part in PARTS if part not in one.holdings[ServerName(server)].parts]
    if not missing or one.world.now < one.plans.get(server, 0.0):
        return
    if DATA in missing and not _data_allows(one, ServerName(server), is_forced=current.forced):
        return
    one.plans[server] = one.world.now + 4.0
    one.number += 1
    plan = f"{one.name}{one.life}.p{one.number}"
    registration = one.state.vote.registration
    one.send(server, Plan(registration, current.reign, plan))
    steps = tuple(Step(current.reign, plan, registration.incarnation, part) for part in missing)
    one.effect()
    there = one.servers[server]
    one.world.send(one.name, server, there.run_plan, steps, stalls=True)
