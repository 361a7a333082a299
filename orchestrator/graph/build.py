"""Turns a group's resources into a graph of their start order, or says what is wrong with them.

An edge points the way things start: from the earlier resource to the later one.
"""

import dataclasses
import difflib
import graphlib
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from orchestrator.errors import ConfigInvalid
from orchestrator.model import EdgeKind, Group, ResourceName

if TYPE_CHECKING:
    import networkx

_ORDERING = (EdgeKind.MANDATORY, EdgeKind.OPTIONAL)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """`later` starts after `earlier`; symmetrical: and stops before it."""

    earlier: ResourceName
    later: ResourceName
    kind: EdgeKind
    symmetrical: bool

    @property
    def binds(self) -> bool:
        """Whether the later one cannot be without the earlier one."""
        return self.kind is EdgeKind.MANDATORY


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FlowGraph:
    """The start order of one group: free of cycles, everything in it sorted by name."""

    resources: tuple[ResourceName, ...]
    edges: tuple[Edge, ...]
    """Mandatory and optional ones: those that order."""
    serialised: frozenset[frozenset[ResourceName]]
    """Pairs that are never both in action at the same time."""

    def digraph(
        self, accept: Callable[[Edge], bool] = lambda _: True
    ) -> "networkx.DiGraph[ResourceName]":
        """All resources, and of the edges those that `accept` takes; insertion order is sorted."""
        import networkx  # noqa: PLC0415 - 0.17 s that commands without an order do not pay

        graph: networkx.DiGraph[ResourceName] = networkx.DiGraph()
        graph.add_nodes_from(self.resources)
        graph.add_edges_from((edge.earlier, edge.later) for edge in self.edges if accept(edge))
        return graph

    def kept_apart_from(self, name: ResourceName) -> frozenset[ResourceName]:
        """The resources that are never in action while `name` is."""
        return frozenset(
            other for pair in self.serialised if name in pair for other in pair if other != name
        )


def build(group: Group) -> FlowGraph:
    """The graph of a group; ConfigInvalid if `problems` finds any."""
    if found := problems(group):
        raise ConfigInvalid(found)
    serialised = {
        frozenset((name, after.resource))
        for name, resource in group.resources.items()
        for after in resource.after
        if after.kind is EdgeKind.SERIALISED
    }
    return FlowGraph(
        resources=tuple(sorted(group.resources)),
        edges=_directed_edges(group),
        serialised=frozenset(serialised),
    )


def problems(group: Group) -> tuple[str, ...]:
    """Everything that keeps the resources from having an order, for the configuration's list."""
    found = [
        problem
        for name, resource in sorted(group.resources.items())
        for problem in _reference_problems(
            name, [after.resource for after in resource.after], group.resources
        )
    ]
    return (*found, *_ring_problems(group))


def _reference_problems(
    name: ResourceName, earlier: list[ResourceName], known: Iterable[ResourceName]
) -> Iterable[str]:
    names = sorted(known)
    for target in sorted(set(earlier)):
        where = f"resources.{name}.after"
        if target == name:
            yield f"{where}: '{name}' cannot come after itself; remove it"
        elif target not in names:
            close = difflib.get_close_matches(target, names, n=1)
            advice = f"did you mean '{close[0]}'?" if close else f"there are: {', '.join(names)}"
            yield f"{where}: no resource '{target}' in this group; {advice}"
        if earlier.count(target) > 1:
            yield f"{where}: '{target}' is named {earlier.count(target)} times; keep one"


def _directed_edges(group: Group) -> tuple[Edge, ...]:
    """Edges between resources that exist; what else is named has its own problem."""
    edges = (
        Edge(earlier=after.resource, later=name, kind=after.kind, symmetrical=after.symmetrical)
        for name, resource in group.resources.items()
        for after in resource.after
        if after.kind in _ORDERING and after.resource in group.resources and after.resource != name
    )
    return tuple(sorted(edges, key=lambda edge: (edge.earlier, edge.later)))


def _ring_problems(group: Group) -> Iterable[str]:
    """One ring for each knot of resources that wait for each other.

    The standard library tells at no cost that there is none, as in every group that works.
    """
    edges = _directed_edges(group)
    sorter: graphlib.TopologicalSorter[ResourceName] = graphlib.TopologicalSorter()
    for edge in edges:
        sorter.add(edge.later, edge.earlier)
    try:
        sorter.prepare()
    except graphlib.CycleError:
        return _rings(
            FlowGraph(resources=tuple(sorted(group.resources)), edges=edges, serialised=frozenset())
        )
    return ()


def _rings(graph: FlowGraph) -> Iterable[str]:
    import networkx  # noqa: PLC0415 - see FlowGraph.digraph

    knots = [k for k in networkx.strongly_connected_components(graph.digraph()) if len(k) > 1]
    for knot in sorted(knots, key=min):
        edges = tuple(edge for edge in graph.edges if {edge.earlier, edge.later} <= knot)
        inside = dataclasses.replace(graph, resources=tuple(sorted(knot)), edges=edges).digraph()
        # networkx's own error names no nodes; from the first name on, the ring is always the same
        ring = [earlier for earlier, _ in networkx.find_cycle(inside, min(knot))]
        ring = [*ring[ring.index(min(ring)) :], *ring[: ring.index(min(ring))]]
        yield (
            "resources: these wait for each other, so none of them can start: "
            f"{' -> '.join([*ring, ring[0]])}; remove one 'after'"
        )
