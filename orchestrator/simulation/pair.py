"""The world that one seed plays in: a pair of servers, one or two controllers, a group."""

import dataclasses
from collections.abc import Mapping

from orchestrator.model import (
    CommandSpec,
    DrbdSpec,
    Failback,
    Group,
    GroupName,
    Login,
    Resource,
    ResourceName,
    Server,
    ServerName,
    Spec,
    Timing,
)
from orchestrator.model.state import Policy
from orchestrator.simulation.controller import SimController
from orchestrator.simulation.data import Data
from orchestrator.simulation.machine import DATA, PARTS
from orchestrator.simulation.server import SimServer
from orchestrator.simulation.world import World
from remote_helpers.protocol.words import Terms

CLOCK_ERROR = 0.08
"""What chrony may slew."""
NAMES = ("alpha", "beta")
CONTROLLERS = ("c1", "c2")


class Missed(Exception):
    """There is nothing that this fault could do now."""


class Pair:
    """Built from the seed: its kind (watchdog, fencing), clocks and network are drawn too."""

    def __init__(
        self, seed: int, *, lease: float | None = None, covered: bool | None = None
    ) -> None:
        """What is given is not drawn."""
        self.world = world = World(seed)
        chance = world.chance
        drawn = chance.random() < 0.85
        self.covered = drawn if covered is None else covered
        fenced = not self.covered or (chance.random() < 0.2 and covered is None)
        drawn_lease = chance.choice((3.0, 4.0, 6.0))
        self.lease = drawn_lease if lease is None else lease
        # Fed with each question: a shorter one would fire between two.
        watchdog = 1.0 if self.lease <= 6.0 else self.lease / 4.0
        terms = Terms(
            budget=1.0,
            error=CLOCK_ERROR,
            margin=0.25,
            watchdog=watchdog if self.covered else 0.0,
        )
        first, second = NAMES
        self.servers = {
            first: SimServer(world, first, second, terms, self.lease),
            second: SimServer(world, second, first, terms, self.lease),
        }
        self.servers[first].peer = self.servers[second]
        self.servers[second].peer = self.servers[first]
        guarded, replicated = chance.random() < 0.8, chance.random() < 0.5
        self.data = Data(world, self.servers, guarded=guarded, replicated=replicated)
        policy = Policy(
            flap_moves=1000,
            quarantine_leaves=1000,
            startup_s=5.0,
            solo_after_s=5.0,
            goal_patience_s=chance.choice((1.0, 12.0, 12.0)),
            fencing=frozenset(map(ServerName, NAMES)) if fenced else frozenset(),
            covered=self.covered,
            clock_error=CLOCK_ERROR,
        )
        self.policy = policy
        self.group = group_of(self.lease, {DATA: DrbdSpec(resource="r0")} if replicated else {})
        self.controllers = {
            name: SimController(world, name, self.group, policy, self.servers)
            for name in CONTROLLERS
        }
        for server in self.servers.values():
            server.set_rates(*(_rate(world) for _ in range(2)))
        for controller in self.controllers.values():
            controller.clock.set_rate(_rate(world))

        self.membership = self.key = 0
        self.mass = (0.0, 0.0)
        """Since when, and until when, the active is silent together with most other groups."""
        self.forced = False
        """A person answers for it that two servers may be ACTIVE, until one is alone again."""

    def any_server(self) -> SimServer:
        return self.servers[self.world.chance.choice(NAMES)]

    def active(self) -> SimServer:
        """The one that serves, or else the first."""
        for server in self.servers.values():
            if server.parts:
                return server
        return self.servers[NAMES[0]]

    def living(self) -> SimController:
        """Any controller that lives."""
        alive = [one for one in self.controllers.values() if one.alive]
        if not alive:
            raise Missed
        return self.world.chance.choice(alive)

    def begin(self) -> None:
        for server in self.servers.values():
            server.boot()
        first = self.controllers[CONTROLLERS[0]]
        first.start()
        first.loop.store(dataclasses.replace(first.state, wanted=True))


def _rate(world: World) -> float:
    return world.chance.uniform(1.0 - CLOCK_ERROR, 1.0 + CLOCK_ERROR)


def group_of(lease: float, kinds: Mapping[str, Spec] | None = None) -> Group:
    """A pair with two resources, one after the other; commands, but for those in `kinds`."""
    servers = tuple(Server(name=ServerName(name), login=Login(address=name)) for name in NAMES)
    spec = CommandSpec(start="start", stop="stop", check="check")
    resources = {
        ResourceName(part): Resource(
            name=ResourceName(part),
            spec=(kinds or {}).get(part, spec),
            start_timeout_s=30.0,
            stop_timeout_s=30.0,
        )
        for part in PARTS
    }
    return Group(
        name=GroupName("group"),
        servers=(servers[0], servers[1]),
        preferred_active=ServerName(NAMES[0]),
        failback=Failback(),
        timing=Timing(lease_s=lease, stabilise_s=8.0, stop_s=6.0),
        networks={},
        resources=resources,
    )
