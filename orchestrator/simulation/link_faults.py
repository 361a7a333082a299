"""What goes wrong on the network: cuts, of one direction or both, and bad lines."""

from collections.abc import Sequence

from orchestrator.simulation.pair import CONTROLLERS, NAMES, Pair

Ends = Sequence[tuple[str, str]]


def cut_server_controller(pair: Pair) -> None:
    server = pair.any_server().name
    _cut(pair, [(server, name) for name in CONTROLLERS])


def cut_one_controller(pair: Pair) -> None:
    _cut(pair, [(pair.any_server().name, pair.world.chance.choice(CONTROLLERS))])


def cut_heartbeat(pair: Pair) -> None:
    _cut(pair, [NAMES])


def isolate_server(pair: Pair) -> None:
    server = pair.any_server().name
    _cut(pair, [(server, name) for name in CONTROLLERS] + [NAMES])


def cut_controllers(pair: Pair) -> None:
    """Both servers at once: the controllers' own network."""
    _cut(pair, [(server, name) for server in NAMES for name in CONTROLLERS])


def split_in_halves(pair: Pair) -> None:
    """One controller with each server."""
    _cut(pair, [NAMES, (NAMES[0], CONTROLLERS[1]), (NAMES[1], CONTROLLERS[0])])


def one_way_heartbeat(pair: Pair) -> None:
    one = pair.any_server()
    _cut_one_way(pair, [(one.name, one.peer_name)])


def one_way_to_controller(pair: Pair) -> None:
    """What the server says is lost; what it is told arrives."""
    one = pair.any_server()
    _cut_one_way(pair, [(one.name, name) for name in CONTROLLERS])


def one_way_from_controller(pair: Pair) -> None:
    """The server is heard, and hears nothing: no answer to its questions."""
    one = pair.any_server()
    _cut_one_way(pair, [(name, one.name) for name in CONTROLLERS])


def _cut(pair: Pair, ends: Ends) -> None:
    cut_for(pair, ends, pair.world.chance.uniform(0.5, 20.0))


def cut_for(pair: Pair, ends: Ends, seconds: float) -> None:
    """Both directions."""
    for first, second in ends:
        pair.world.note(f"cut {first} - {second} for {seconds:.1f} s")
        pair.world.link(first, second).cut = pair.world.link(second, first).cut = True
    pair.world.at(seconds, join, pair, ends)


def _cut_one_way(pair: Pair, ends: Ends) -> None:
    for sender, receiver in ends:
        pair.world.note(f"cut {sender} -> {receiver}")
        pair.world.link(sender, receiver).cut = True
    pair.world.at(pair.world.chance.uniform(0.5, 20.0), join, pair, ends)


def join(pair: Pair, ends: Ends) -> None:
    for first, second in ends:
        pair.world.link(first, second).cut = False
        pair.world.link(second, first).cut = False


def loss(pair: Pair) -> None:
    share = pair.world.chance.choice((0.05, 0.3, 0.6))
    _spoil(pair, loss=share)


def delay(pair: Pair) -> None:
    """A slow line, still in order."""
    _spoil(pair, delay_s=pair.world.chance.choice((0.1, 0.4, 1.5)))


def reordering(pair: Pair) -> None:
    """Each message takes a time of its own, so that later ones overtake."""
    _spoil(pair, extra_s=pair.world.chance.choice((0.5, 1.5, 3.0)))


def duplication(pair: Pair) -> None:
    """A message comes again, up to eight seconds later."""
    _spoil(pair, duplicates=pair.world.chance.choice((0.3, 0.7)))


def bad_network(pair: Pair) -> None:
    """All of it at once."""
    chance = pair.world.chance
    _spoil(
        pair,
        loss=chance.choice((0.05, 0.3, 0.6)),
        duplicates=chance.choice((0.0, 0.3)),
        extra_s=chance.choice((0.01, 0.5, 3.0)),
    )


def _spoil(pair: Pair, **how: float) -> None:
    """One direction or many, until they are mended."""
    chance = pair.world.chance
    ends = (*NAMES, *CONTROLLERS)
    directions = [(one, other) for one in ends for other in ends if one != other]
    chosen = [one for one in directions if chance.random() < 0.5] or [chance.choice(directions)]
    for sender, receiver in chosen:
        link = pair.world.link(sender, receiver)
        for name, value in how.items():
            setattr(link, name, value)
    pair.world.at(chance.uniform(1.0, 15.0), mend_links, pair)


def mend_links(pair: Pair) -> None:
    for link in pair.world.links.values():
        link.mend()
