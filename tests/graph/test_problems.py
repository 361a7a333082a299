import pytest

from orchestrator.errors import ConfigInvalid
from orchestrator.graph import build, problems
from tests.graph.groups import apart, billing, follows, group_of, needs


def test_a_group_that_works_has_none():
    assert problems(billing()) == ()


def test_a_ring_is_named_from_its_first_name_on():
    group = group_of({"c": [needs("b")], "b": [needs("a")], "a": [needs("c")], "d": [needs("a")]})

    assert problems(group) == (
        "resources: these wait for each other, so none of them can start:"
        " a -> b -> c -> a; remove one 'after'",
    )


def test_optional_edges_close_a_ring_too_and_each_knot_is_named():
    group = group_of(
        {"a": [follows("b")], "b": [needs("a")], "x": [needs("y")], "y": [needs("x"), needs("a")]}
    )

    rings = [problem.split(": ")[2].split(";")[0] for problem in problems(group)]

    assert rings == ["a -> b -> a", "x -> y -> x"]


def test_keeping_apart_orders_nothing_and_closes_no_ring():
    assert problems(group_of({"a": [apart("b")], "b": [apart("a")]})) == ()


def test_names_that_are_not_there_come_with_a_suggestion():
    group = group_of({"api": [needs("databse")], "database": [needs("zzz")]})

    assert problems(group) == (
        "resources.api.after: no resource 'databse' in this group; did you mean 'database'?",
        "resources.database.after: no resource 'zzz' in this group; there are: api, database",
    )


def test_itself_and_twice():
    group = group_of({"a": [needs("a")], "b": [needs("a"), follows("a")]})

    assert problems(group) == (
        "resources.a.after: 'a' cannot come after itself; remove it",
        "resources.b.after: 'a' is named 2 times; keep one",
    )


def test_no_graph_is_built_of_a_group_with_problems():
    with pytest.raises(ConfigInvalid) as caught:
        build(group_of({"a": [needs("b")]}))

    assert len(caught.value.problems) == 1
