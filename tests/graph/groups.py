"""Groups for graph and playbook tests: two servers and resources that differ only in `after`."""

from collections.abc import Mapping, Sequence

from orchestrator.model import (
    After,
    EdgeKind,
    Group,
    GroupName,
    Login,
    Resource,
    ResourceName,
    Server,
    ServerName,
    SystemdSpec,
)


def needs(name: str) -> After:
    return After(resource=ResourceName(name))


def follows(name: str) -> After:
    """Optional: ordered only where both are acted on."""
    return After(resource=ResourceName(name), kind=EdgeKind.OPTIONAL)


def apart(name: str) -> After:
    return After(resource=ResourceName(name), kind=EdgeKind.SERIALISED)


def needs_at_start(name: str) -> After:
    return After(resource=ResourceName(name), symmetrical=False)


def group_of(after: Mapping[str, Sequence[After]]) -> Group:
    servers = tuple(
        Server(name=ServerName(name), login=Login(address=name)) for name in ("linux1", "linux2")
    )
    return Group(
        name=GroupName("web"),
        servers=(servers[0], servers[1]),
        preferred_active=ServerName("linux1"),
        networks={},
        resources={
            ResourceName(name): Resource(
                name=ResourceName(name),
                spec=SystemdSpec(unit=name),
                after=tuple(edges),
                start_timeout_s=20.0,
                stop_timeout_s=20.0,
            )
            for name, edges in after.items()
        },
    )


def billing() -> Group:
    """A service as sites have it: data, database, two programs on it, address on top."""
    return group_of(
        {
            "address": [needs("api"), follows("worker")],
            "worker": [needs("database"), apart("api")],
            "api": [needs("database")],
            "database": [needs("data")],
            "data": [],
        }
    )
