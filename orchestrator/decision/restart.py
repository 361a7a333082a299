"""The state of a group on the clock of another process: each boot begins a new one."""

import dataclasses
from collections.abc import Mapping
from typing import TypeVar

from orchestrator.model.moment import Monotonic
from orchestrator.model.state import Block, Goal, GroupState, History

K = TypeVar("K")


def resumed(state: GroupState, by_s: float) -> GroupState:
    """Every time moved by so many seconds; who was well or silent meanwhile is not known."""
    return dataclasses.replace(
        state,
        goal=_goal(state.goal, by_s),
        block=_block(state.block, by_s),
        history=_history(state.history, by_s),
        quarantined=_each(state.quarantined, by_s),
    )


def _moved(at: Monotonic, by_s: float) -> Monotonic:
    return Monotonic(at + by_s)


def _all(times: tuple[Monotonic, ...], by_s: float) -> tuple[Monotonic, ...]:
    return tuple(_moved(at, by_s) for at in times)


def _each(times: Mapping[K, Monotonic], by_s: float) -> dict[K, Monotonic]:
    return {name: _moved(at, by_s) for name, at in times.items()}


def _goal(goal: Goal | None, by_s: float) -> Goal | None:
    return None if goal is None else dataclasses.replace(goal, since=_moved(goal.since, by_s))


def _block(block: Block | None, by_s: float) -> Block | None:
    if block is None or block.until is None:
        return block
    return dataclasses.replace(block, until=_moved(block.until, by_s))


def _history(history: History, by_s: float) -> History:
    started = history.started_at
    return History(
        moves=_all(history.moves, by_s),
        restarts={name: _all(times, by_s) for name, times in history.restarts.items()},
        leaves={name: _all(times, by_s) for name, times in history.leaves.items()},
        started_at=None if started is None else _moved(started, by_s),
    )
