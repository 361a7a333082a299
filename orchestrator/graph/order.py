"""Turns a graph into waves: what may start, or stop, at the same time. For drawings and plans.

Execution does not walk waves: a step goes as soon as what it needs is done (`steps`).
"""

from collections.abc import Collection, Iterable

from orchestrator.graph.build import Edge, FlowGraph
from orchestrator.model import ResourceName

Waves = tuple[tuple[ResourceName, ...], ...]


def start_waves(graph: FlowGraph, only: Collection[ResourceName] | None = None) -> Waves:
    """Each wave needs the ones before it; inside a wave sorted by name."""
    return _waves(graph, graph.edges, only)


def stop_waves(graph: FlowGraph, only: Collection[ResourceName] | None = None) -> Waves:
    """What stands on others stops first; edges that are not symmetrical do not count."""
    return _waves(graph, (_turned(edge) for edge in graph.edges if edge.symmetrical), only)


def start_order(graph: FlowGraph) -> tuple[ResourceName, ...]:
    """One after the other, the waves in a row."""
    return tuple(name for wave in start_waves(graph) for name in wave)


def stop_order(graph: FlowGraph) -> tuple[ResourceName, ...]:
    """One after the other, the waves in a row."""
    return tuple(name for wave in stop_waves(graph) for name in wave)


def _turned(edge: Edge) -> Edge:
    return Edge(
        earlier=edge.later, later=edge.earlier, kind=edge.kind, symmetrical=edge.symmetrical
    )


def _waves(graph: FlowGraph, edges: Iterable[Edge], only: Collection[ResourceName] | None) -> Waves:
    import networkx  # noqa: PLC0415 - see FlowGraph.digraph

    ordered: networkx.DiGraph[ResourceName] = networkx.DiGraph()
    ordered.add_nodes_from(graph.resources)
    ordered.add_edges_from((edge.earlier, edge.later) for edge in edges)
    # inside a generation networkx keeps the order of insertion, which says nothing to a reader
    generations = (sorted(wave) for wave in networkx.topological_generations(ordered))
    wanted = frozenset(graph.resources if only is None else only)
    chosen = (tuple(name for name in wave if name in wanted) for wave in generations)
    return tuple(wave for wave in chosen if wave)
