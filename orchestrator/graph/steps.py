"""Turns resources and an action into steps that say what they wait for. Walked by the executor."""

import dataclasses
import enum
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import assert_never

from orchestrator.graph.build import FlowGraph
from orchestrator.graph.order import start_order, stop_order
from orchestrator.model import ResourceName


class FlowAction(enum.Enum):
    START = "start"
    STOP = "stop"
    CHECK = "check"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FlowStep:
    """One resource in a flow task; `needs` are the steps that must have ended well before."""

    resource: ResourceName
    action: FlowAction
    needs: frozenset[ResourceName]
    never_with: frozenset[ResourceName] = frozenset()
    """Serialised edges: these are never in action at the same time as this one."""


def steps(
    graph: FlowGraph, resources: Collection[ResourceName], action: FlowAction
) -> tuple[FlowStep, ...]:
    """One step for each of `resources`, in an order in which they may run.

    A need that is not among `resources` is left to the caller: `impact` names those.
    """
    chosen = frozenset(resources)
    match action:
        case FlowAction.START:
            order, needs = start_order(graph), _needs(_pairs_to_start(graph), chosen)
        case FlowAction.STOP:
            order, needs = stop_order(graph), _needs(_pairs_to_stop(graph), chosen)
        case FlowAction.CHECK:
            # one that is down must not hide the state of those above it
            order, needs = start_order(graph), {}
        case _:
            assert_never(action)
    apart = action is not FlowAction.CHECK
    return tuple(
        FlowStep(
            resource=name,
            action=action,
            needs=needs.get(name, frozenset()),
            never_with=graph.kept_apart_from(name) & chosen if apart else frozenset(),
        )
        for name in order
        if name in chosen
    )


def step_waves(flow: Sequence[FlowStep]) -> list[list[FlowStep]]:
    """Steps come after what they need, so each one's wave is known when it is met."""
    wave_of: dict[str, int] = {}
    waves: list[list[FlowStep]] = []
    for step in flow:
        number = max((wave_of[name] + 1 for name in step.needs), default=0)
        wave_of[step.resource] = number
        if number == len(waves):
            waves.append([])
        waves[number].append(step)
    return waves


_Pair = tuple[ResourceName, ResourceName, bool]
"""(waited for, waiting, whether it binds)."""


def _pairs_to_start(graph: FlowGraph) -> Iterable[_Pair]:
    return ((edge.earlier, edge.later, edge.binds) for edge in graph.edges)


def _pairs_to_stop(graph: FlowGraph) -> Iterable[_Pair]:
    return ((edge.later, edge.earlier, edge.binds) for edge in graph.edges if edge.symmetrical)


def _needs(
    pairs: Iterable[_Pair], chosen: frozenset[ResourceName]
) -> Mapping[ResourceName, frozenset[ResourceName]]:
    """What each of the chosen waits for.

    A mandatory chain orders its ends even where its middle is not chosen: the middle may be
    acted on by somebody else. An optional edge counts only where both ends are chosen.
    """
    direct: dict[ResourceName, list[tuple[ResourceName, bool]]] = {}
    for before, after, binds in pairs:
        direct.setdefault(after, []).append((before, binds))
    found: dict[ResourceName, frozenset[ResourceName]] = {}
    for name in chosen:
        waits: set[ResourceName] = set()
        queue, seen = [name], {name}
        while queue:
            current = queue.pop()
            for before, binds in direct.get(current, ()):
                if before in chosen and (current == name or binds):
                    waits.add(before)
                elif before not in chosen and binds and before not in seen:
                    seen.add(before)
                    queue.append(before)
        found[name] = frozenset(waits)
    return found
