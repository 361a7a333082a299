"""Orders of small graphs by example, and of any graph by what must hold of all of them."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.graph import (
    FlowAction,
    build,
    needed_by,
    standing_on,
    start_waves,
    steps,
    stop_waves,
)
from orchestrator.graph.order import Waves
from orchestrator.model import After, EdgeKind, Group, ResourceName
from tests.graph.groups import billing, follows, group_of, needs, needs_at_start

any_pace = settings(deadline=None)
"""The first graph of a process pays for the import of networkx."""


@st.composite
def groups(draw: st.DrawFn) -> Group:
    """Any resources with edges of any kind; edges point back in a hidden order, so no ring."""
    names = draw(st.permutations([f"r{n}" for n in range(draw(st.integers(0, 7)))]))
    after: dict[str, list[After]] = {}
    for position, name in enumerate(names):
        earlier = draw(st.sets(st.sampled_from(names[:position]))) if position else set()
        after[name] = [
            After(
                resource=ResourceName(other),
                kind=draw(st.sampled_from(EdgeKind)),
                symmetrical=draw(st.booleans()),
            )
            for other in sorted(earlier)
        ]
    return group_of(dict(draw(st.permutations(list(after.items())))))


def numbers(waves: Waves) -> dict[ResourceName, int]:
    return {name: number for number, wave in enumerate(waves) for name in wave}


@any_pace
@given(groups())
def test_waves_respect_every_edge(group: Group):
    graph = build(group)
    start, stop = numbers(start_waves(graph)), numbers(stop_waves(graph))

    assert set(start) == set(stop) == set(group.resources)
    for edge in graph.edges:
        assert start[edge.earlier] < start[edge.later]
        if edge.symmetrical:
            assert stop[edge.later] < stop[edge.earlier]


@any_pace
@given(groups(), st.randoms())
def test_the_order_in_which_a_group_is_written_does_not_matter(
    group: Group, shuffle: random.Random
):
    shuffled = list(group.resources)
    shuffle.shuffle(shuffled)
    written = {name: list(group.resources[name].after) for name in shuffled}
    for edges in written.values():
        shuffle.shuffle(edges)
    one, other = build(group), build(group_of(written))

    assert one == other
    assert start_waves(one) == start_waves(other)
    for action in FlowAction:
        assert steps(one, one.resources, action) == steps(other, other.resources, action)


@any_pace
@given(groups(), st.data())
def test_steps_of_any_choice_can_run_in_the_order_in_which_they_come(
    group: Group, data: st.DataObject
):
    graph = build(group)
    chosen = data.draw(st.sets(st.sampled_from(graph.resources))) if graph.resources else set()
    for action in FlowAction:
        done: set[ResourceName] = set()
        for step in steps(graph, chosen, action):
            assert step.needs <= done
            assert step.never_with <= chosen - {step.resource}
            done.add(step.resource)
        assert done == chosen


@any_pace
@given(groups())
def test_stop_steps_are_the_start_steps_turned_round_where_every_edge_is_symmetrical(group: Group):
    graph = build(group)
    starts = {s.resource: s.needs for s in steps(graph, graph.resources, FlowAction.START)}
    stops = {s.resource: s.needs for s in steps(graph, graph.resources, FlowAction.STOP)}
    one_way = {(e.earlier, e.later) for e in graph.edges if not e.symmetrical}

    turned = {(name, later) for later, needs_ in starts.items() for name in needs_} - one_way

    assert {(name, later) for name, laters in stops.items() for later in laters} == turned


@any_pace
@given(groups())
def test_what_stands_on_a_resource_needs_it(group: Group):
    graph = build(group)
    for name in graph.resources:
        for above in standing_on(graph, [name]):
            assert name in needed_by(graph, [above])


def test_waves_of_a_service():
    graph = build(billing())

    assert start_waves(graph) == (("data",), ("database",), ("api", "worker"), ("address",))
    assert stop_waves(graph) == (("address",), ("api", "worker"), ("database",), ("data",))
    assert start_waves(graph, only=["address", "data"]) == (("data",), ("address",))


def test_an_optional_edge_counts_where_both_are_there_and_serialised_ones_are_kept_apart():
    graph = build(billing())
    (address,) = (
        s for s in steps(graph, graph.resources, FlowAction.START) if s.resource == "address"
    )
    (api,) = (s for s in steps(graph, graph.resources, FlowAction.START) if s.resource == "api")

    assert address.needs == {"api", "worker"}
    assert api.never_with == {"worker"}
    (alone,) = steps(graph, ["address"], FlowAction.START)
    assert alone.needs == frozenset()


def test_a_mandatory_chain_orders_its_ends_even_with_a_hole_in_the_middle():
    graph = build(group_of({"a": [], "b": [needs("a")], "c": [needs("b")]}))

    assert steps(graph, ["a", "c"], FlowAction.START)[1].needs == {"a"}
    optional = build(group_of({"a": [], "b": [follows("a")], "c": [follows("b")]}))
    assert steps(optional, ["a", "c"], FlowAction.START)[1].needs == frozenset()


def test_an_edge_for_the_start_alone_orders_no_stop_and_takes_nothing_down():
    graph = build(group_of({"a": [], "b": [needs_at_start("a")]}))

    assert stop_waves(graph) == (("a", "b"),)
    assert standing_on(graph, ["a"]) == frozenset()
    assert needed_by(graph, ["b"]) == {"a"}


def test_checks_wait_for_nothing():
    graph = build(billing())

    assert {s.needs for s in steps(graph, graph.resources, FlowAction.CHECK)} == {frozenset()}


def test_impact_goes_all_the_way():
    graph = build(billing())

    assert standing_on(graph, ["database"]) == {"api", "worker", "address"}
    assert needed_by(graph, ["address"]) == {"api", "database", "data"}
