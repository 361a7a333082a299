"""What people do: movements, maintenance, another controller, another lease, mending it all."""

import dataclasses

from orchestrator.decision import vote as votes
from orchestrator.decision.decide import begin
from orchestrator.decision.intents import Because, Wish
from orchestrator.model import Mode, Reason, ServerName
from orchestrator.model.state import GoalKind
from orchestrator.simulation.controller import SimController
from orchestrator.simulation.pair import CONTROLLERS, NAMES, Pair


def living(pair: Pair) -> SimController:
    """Mostly one that lives."""
    alive = [one for one in pair.controllers.values() if one.alive]
    return pair.world.chance.choice(alive or list(pair.controllers.values()))


def mend_links(pair: Pair) -> None:
    for link in pair.world.links.values():
        link.loss = link.duplicates = link.extra_s = 0.0


def unstuck(pair: Pair, name: str) -> None:
    """A stop that hung goes on."""
    server = pair.servers[name]
    server.stuck = False
    if server.guard is not None:
        server.look(server.life)
        server.stop_again()


def take_over(pair: Pair) -> None:
    """A person has another controller take the vote over, while the old one may well live."""
    told_to_take_over(
        pair, pair.controllers[CONTROLLERS[0 if pair.controllers[CONTROLLERS[1]].alive else 1]]
    )


def told_to_take_over(pair: Pair, one: SimController) -> None:
    pair.world.note(f"{one.name} is told to take the vote over")
    one.kill()
    one.start(take_over=True)
    one.set_state(dataclasses.replace(one.state, wanted=True))
    if pair.world.chance.random() < 0.3:
        for other in pair.controllers.values():
            if other is not one:
                other.kill()


def operator(pair: Pair) -> None:
    """A person asks for a movement."""
    one = living(pair)
    chance = pair.world.chance
    if not one.alive or one.state.goal is not None or one.state.superseded:
        return
    target = ServerName(pair.world.chance.choice(NAMES))
    kind = chance.choice((GoalKind.SWITCHOVER, GoalKind.SWITCHOVER, GoalKind.START))
    ask(pair, one, kind, target)


def ask(pair: Pair, one: SimController, kind: GoalKind, target: ServerName) -> None:
    """A person's wish becomes the goal."""
    asked = Because(reason=Reason.PERSON_ASKED, evidence="a person asked for it")
    wish = Wish(kind=kind, target=target, source=one.group.peer_of(target).name, because=asked)
    pair.world.note(f"{one.name}: a person asks for {kind.value} to {target}")
    one.set_state(begin(one.state, wish, one.now()))


def maintenance(pair: Pair) -> None:
    one = living(pair)
    if one.alive:
        pair.world.note(f"{one.name}: maintenance")
        one.set_state(dataclasses.replace(one.state, mode=Mode.MAINTENANCE))
        pair.world.at(pair.world.chance.uniform(2.0, 15.0), _automatic, one)


def _automatic(one: SimController) -> None:
    one.set_state(dataclasses.replace(one.state, mode=Mode.AUTOMATIC))


def lease_changed(pair: Pair) -> None:
    """A new configuration: the lease is lowered or raised, often with a restart."""
    one = living(pair)
    chance = pair.world.chance
    if not one.alive:
        return
    lease = chance.choice((2.0, 3.0, 6.0))
    pair.world.note(f"{one.name}: lease {lease}")
    one.loop.change_lease(lease)
    if chance.random() < 0.5:
        one.kill()
        pair.world.at(chance.uniform(0.1, 1.0), one.start)


def heal(pair: Pair) -> None:
    """From here on nothing is wrong any more: what can recover must."""
    pair.world.note("everything is mended")
    mend_links(pair)
    for link in pair.world.links.values():
        link.cut = False
    for server in pair.servers.values():
        server.disk_full = server.stuck = False
        unstuck(pair, server.name)
        if not server.on:
            server.boot()
    for one in pair.controllers.values():
        one.dies_after = None
        one.lag_until = 0.0
        _automatic(one)
    pair.world.at(8.0, _settle, pair)


def _settle(pair: Pair) -> None:
    """A vote split between two controllers is for a person to settle."""
    full = [
        one
        for one in pair.controllers.values()
        if one.alive
        and not one.state.superseded
        and votes.is_full(one.state.vote, one.group.server_names)
    ]
    if not full:
        pair.world.note("a person settles whose vote it is")
        first = pair.controllers[CONTROLLERS[0]]
        first.kill()
        first.start(take_over=True)
        first.set_state(dataclasses.replace(first.state, wanted=True))
