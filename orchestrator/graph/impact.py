"""Turns some resources into the others that they take along: upwards when stopping, downwards
when starting. Only mandatory edges do; an optional one orders and pulls nothing along.
"""

from collections.abc import Collection

from orchestrator.graph.build import FlowGraph
from orchestrator.model import ResourceName


def standing_on(graph: FlowGraph, names: Collection[ResourceName]) -> frozenset[ResourceName]:
    """What must be stopped before any of `names` is, without `names` themselves.

    An edge that is not symmetrical lets the later one run on.
    """
    import networkx  # noqa: PLC0415 - see FlowGraph.digraph

    carries = graph.digraph(lambda edge: edge.binds and edge.symmetrical)
    above = (networkx.descendants(carries, name) for name in names)
    return frozenset[ResourceName]().union(*above) - frozenset(names)


def needed_by(graph: FlowGraph, names: Collection[ResourceName]) -> frozenset[ResourceName]:
    """What must be started before all of `names` can be, without `names` themselves."""
    import networkx  # noqa: PLC0415 - see FlowGraph.digraph

    binds = graph.digraph(lambda edge: edge.binds)
    below = (networkx.ancestors(binds, name) for name in names)
    return frozenset[ResourceName]().union(*below) - frozenset(names)
