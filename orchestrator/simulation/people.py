"""What people do: movements, force, modes, other controllers, another configuration, mending."""

import dataclasses

from orchestrator.decision import vote as votes
from orchestrator.decision.decide import begin
from orchestrator.decision.intents import Because, Wish
from orchestrator.model import Mode, Reason, ServerName
from orchestrator.model.state import GoalKind
from orchestrator.simulation import link_faults
from orchestrator.simulation.controller import SimController
from orchestrator.simulation.pair import CONTROLLERS, NAMES, Missed, Pair
from orchestrator.simulation.server import SimServer
from remote_helpers.protocol.messages import Members


def unstuck(server: SimServer) -> None:
    """A stop that hung goes on."""
    server.stuck = False
    if server.guard is not None:
        server.look(server.life)
        server.stop_again()


def _other(pair: Pair) -> SimController:
    """One that does not live, or else the second."""
    return pair.controllers[CONTROLLERS[0 if pair.controllers[CONTROLLERS[1]].alive else 1]]


def second_controller(pair: Pair) -> None:
    """Started by mistake beside the first; it takes over nothing."""
    one = _other(pair)
    pair.world.note(f"{one.name} is started beside another")
    one.kill()
    one.start()
    pair.world.at(pair.world.chance.uniform(4.0, 20.0), one.kill)


def take_over(pair: Pair) -> None:
    """A person has another controller take the vote over, while the old one may well live."""
    told_to_take_over(pair, _other(pair))


def told_to_take_over(pair: Pair, one: SimController, *, alone: bool = True) -> None:
    """`alone`: the person may stop the others first."""
    pair.world.note(f"{one.name} is told to take the vote over")
    one.kill()
    one.start(take_over=True)
    one.set_state(dataclasses.replace(one.state, wanted=True))
    if alone and pair.world.chance.random() < 0.3:
        for other in pair.controllers.values():
            if other is not one:
                other.kill()


def command_line_beside(pair: Pair) -> None:
    """A one-off command on another machine: takes the vote, moves the service, leaves in order."""
    one = _other(pair)
    chance = pair.world.chance
    told_to_take_over(pair, one)
    pair.world.at(chance.uniform(1.0, 3.0), _ask_once, pair, one, one.life)
    pair.world.at(chance.uniform(6.0, 14.0), _leave, one, one.life)


def _ask_once(pair: Pair, one: SimController, life: int) -> None:
    if one.life == life and one.alive and one.state.goal is None:
        ask(pair, one, GoalKind.SWITCHOVER, ServerName(pair.world.chance.choice(NAMES)))


def _leave(one: SimController, life: int) -> None:
    if one.life == life and one.alive:
        one.leave()


def operator(pair: Pair) -> None:
    """A person asks for a movement."""
    one = _at_rest(pair)
    target = ServerName(pair.world.chance.choice(NAMES))
    kind = pair.world.chance.choice((GoalKind.SWITCHOVER, GoalKind.SWITCHOVER, GoalKind.START))
    ask(pair, one, kind, target)


def stop_and_start(pair: Pair) -> None:
    """The service is stopped, and wanted again a little later."""
    one = _at_rest(pair)
    target = ServerName(pair.active().name)
    ask(pair, one, GoalKind.STOP, target)
    pair.world.at(pair.world.chance.uniform(3.0, 9.0), _want_again, pair)


def _want_again(pair: Pair) -> None:
    for one in pair.controllers.values():
        if one.alive:
            one.set_state(dataclasses.replace(one.state, wanted=True))


def _at_rest(pair: Pair) -> SimController:
    """A living controller to ask; a command takes the place of a goal that is under way."""
    one = pair.living()
    if one.state.superseded:
        raise Missed
    return one


def ask(
    pair: Pair, one: SimController, kind: GoalKind, target: ServerName, *, forced: bool = False
) -> None:
    """A person's wish becomes the goal."""
    asked = Because(reason=Reason.PERSON_ASKED, evidence="a person asked for it")
    source = target if kind is GoalKind.STOP else one.group.peer_of(target).name
    wish = Wish(kind=kind, target=target, source=source, because=asked, forced=forced)
    pair.world.note(f"{one.name}: a person asks for {kind.value} to {target}")
    one.begin(begin(one.state, wish, one.now()))


def force(pair: Pair) -> None:
    """A person answers for it that the active is dead: it is off, or may well be alive."""
    one = _at_rest(pair)
    active = pair.active()
    chance = pair.world.chance
    if chance.random() < 0.6:
        active.power_off()
        pair.world.at(chance.uniform(12.0, 20.0), active.boot)
    else:
        pair.forced = True
        ends = [(active.name, name) for name in CONTROLLERS]
        link_faults.cut_for(pair, [*ends, NAMES], chance.uniform(4.0, 12.0))
    pair.data.accepted = True
    ask(pair, one, GoalKind.FAILOVER, ServerName(active.peer_name), forced=True)


def resolve(pair: Pair) -> None:
    """A person has looked: blocks and quarantine are lifted, the service is wanted."""
    one = _at_rest(pair)
    state = dataclasses.replace(one.state, block=None, quarantined={}, wanted=True)
    one.set_state(state)
    ask(pair, one, GoalKind.START, ServerName(pair.world.chance.choice(NAMES)))


def maintenance(pair: Pair) -> None:
    _mode(pair, Mode.MAINTENANCE)


def observe(pair: Pair) -> None:
    _mode(pair, Mode.OBSERVE)


def _mode(pair: Pair, mode: Mode) -> None:
    one = pair.living()
    pair.world.note(f"{one.name}: {mode.value}")
    one.set_state(dataclasses.replace(one.state, mode=mode))
    pair.world.at(pair.world.chance.uniform(2.0, 15.0), _automatic, one)


def _automatic(one: SimController) -> None:
    one.set_state(dataclasses.replace(one.state, mode=Mode.AUTOMATIC))


def lease_changed(pair: Pair) -> None:
    """A new configuration: the lease is lowered or raised, often with a restart."""
    one = pair.living()
    chance = pair.world.chance
    lease = chance.choice((2.0, 3.0, 6.0))
    pair.world.note(f"{one.name}: lease {lease}")
    one.change_lease(lease)
    if one.alive and chance.random() < 0.5:
        one.kill()
        pair.world.at(chance.uniform(0.1, 1.0), one.start)


def members_changed(pair: Pair) -> None:
    """The same two under a new membership number: to the active first, then to the other."""
    one = pair.living()
    pair.membership += 1
    active = pair.active()
    for server in (active, pair.servers[active.peer_name]):
        registration = one.state.vote.registration
        one.send(server.name, Members(registration, pair.membership, server.peer_name))


def keys_changed(pair: Pair) -> None:
    """Each server is told of the new key, then to send with it; not always in that order."""
    chance = pair.world.chance
    pair.key += 1
    for server in pair.servers.values():
        pair.world.at(chance.uniform(0.0, 2.0), server.keys.add, pair.key)
        pair.world.at(chance.uniform(1.0, 5.0), _send_with, server, pair.key)


def _send_with(server: SimServer, key: int) -> None:
    server.key = key


def heal(pair: Pair) -> None:
    """From here on nothing is wrong any more: what can recover must."""
    pair.world.note("everything is mended")
    link_faults.mend_links(pair)
    for link in pair.world.links.values():
        link.cut = False
    for server in pair.servers.values():
        server.disk_full = server.stuck = False
        server.saves_before_cut = None
        server.keys |= {pair.key}
        server.key = pair.key
        unstuck(server)
        if not server.on:
            server.boot()
    for one in pair.controllers.values():
        one.dies_after = None
        one.lag_until = one.paused_until = 0.0
        one.disk_free()
        _automatic(one)
    pair.world.at(8.0, _settle, pair)


def _settle(pair: Pair) -> None:
    """A vote split between two controllers is for a person to settle.

    Where a person has forced, the two have heard one another by now, and the lower reign is over.
    """
    pair.forced = False
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
        full = [first]
    if not any(_stays_wanted(one) for one in full):
        full[0].set_state(dataclasses.replace(full[0].state, wanted=True, goal=None))


def _stays_wanted(one: SimController) -> bool:
    """A stop that is still to come about would end what is wanted now."""
    goal = one.state.goal
    return one.state.wanted and (goal is None or goal.kind is not GoalKind.STOP)
