"""The world that one seed plays in: a pair of servers, one or two controllers, a group."""

from orchestrator.model import (
    CommandSpec,
    Failback,
    Group,
    GroupName,
    Login,
    Resource,
    ResourceName,
    Server,
    ServerName,
    Timing,
)
from orchestrator.model.state import Policy
from orchestrator.simulation.controller import SimController
from orchestrator.simulation.machine import PARTS
from orchestrator.simulation.server import SimServer
from orchestrator.simulation.world import World
from remote_helpers.protocol.words import Terms

CLOCK_ERROR = 0.08
"""What chrony may slew."""
NAMES = ("alpha", "beta")
CONTROLLERS = ("c1", "c2")


class Pair:
    """Built from the seed: its kind (watchdog, fencing), clocks and network are drawn too."""

    def __init__(self, seed: int) -> None:
        self.world = world = World(seed)
        chance = world.chance
        self.covered = chance.random() < 0.85
        fenced = not self.covered or chance.random() < 0.2
        self.lease = chance.choice((3.0, 4.0, 6.0))
        terms = Terms(
            budget=1.0, error=CLOCK_ERROR, margin=0.25, watchdog=1.0 if self.covered else 0.0
        )
        first, second = NAMES
        self.servers = {
            first: SimServer(world, first, second, terms, self.lease),
            second: SimServer(world, second, first, terms, self.lease),
        }
        self.servers[first].peer = self.servers[second]
        self.servers[second].peer = self.servers[first]
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
        self.group = group_of(self.lease)
        self.controllers = {
            name: SimController(world, name, self.group, policy, self.servers)
            for name in CONTROLLERS
        }
        for server in self.servers.values():
            server.set_rates(*(_rate(world) for _ in range(2)))
        for controller in self.controllers.values():
            controller.set_rate(_rate(world))

    def begin(self) -> None:
        for server in self.servers.values():
            server.boot()
        first = self.controllers[CONTROLLERS[0]]
        first.start()


def _rate(world: World) -> float:
    return world.chance.uniform(1.0 - CLOCK_ERROR, 1.0 + CLOCK_ERROR)


def group_of(lease: float) -> Group:
    """A pair with two resources, one after the other."""
    servers = tuple(Server(name=ServerName(name), login=Login(address=name)) for name in NAMES)
    spec = CommandSpec(start="start", stop="stop", check="check")
    resources = {
        ResourceName(part): Resource(
            name=ResourceName(part), spec=spec, start_timeout_s=30.0, stop_timeout_s=30.0
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
