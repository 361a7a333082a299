"""Datagrams between guards over real sockets: what is taken, once, and what is dropped."""

import select
import socket
import time
from collections.abc import Callable, Iterator

import pytest

from remote_helpers.guarding.peer import Peer
from remote_helpers.guarding.settings import Link, Settings, parse
from remote_helpers.protocol import messages
from remote_helpers.protocol.messages import Beat, Envelope
from remote_helpers.protocol.words import NOBODY
from tests.guarding.plain_settings import plain
from tests.protocol.builders import fresh
from tests.transport.sshd import free_port

KEY, OTHER = b"k" * 32, b"o" * 32


class Station:
    """One guard's end, with a port of its own on two loopback addresses."""

    def __init__(self, me: str, peer: str) -> None:
        self.guard = fresh(me, peer)
        self.entered = 0
        self._sockets: dict[socket.socket, Callable[[], None]] = {}
        self.peer = Peer(
            self._sockets.__setitem__, self._sockets.pop, lambda: self.guard, self._enter
        )

    def _enter(self, _act: object) -> None:
        self.entered += 1

    def use(self, links: tuple[Link, ...], keys: tuple[bytes, ...] = (KEY,)) -> None:
        self.peer.use(settings_with(links, keys))
        self.peer.links.open_missing(time.monotonic())

    def turn(self, expected: int) -> int:
        """Takes what comes until so many came in, or nothing more does; how many did."""
        while self.entered < expected:
            readable, _, _ = select.select(list(self._sockets), [], [], 0.3)
            if not readable:
                break
            for one in readable:
                self._sockets[one]()
        return self.entered


def settings_with(links: tuple[Link, ...], keys: tuple[bytes, ...]) -> Settings:
    return parse(plain())._replace(links=links, keys=keys)


def a_beat(boot: str = "boot") -> Beat:
    return Beat(boot, None, False, NOBODY, 0)


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def alpha(port: int) -> Iterator[Station]:
    one = Station("alpha", "beta")
    one.use(links("127.0.0.1", "127.0.0.2", port))
    yield one
    one.peer.links.close()


@pytest.fixture
def beta(port: int) -> Iterator[Station]:
    one = Station("beta", "alpha")
    one.use(links("127.0.0.2", "127.0.0.1", port))
    yield one
    one.peer.links.close()


def links(mine: str, theirs: str, port: int) -> tuple[Link, ...]:
    """Two networks: 127.0.0.x and 127.0.1.x."""
    second = (mine.replace("127.0.0", "127.0.1"), theirs.replace("127.0.0", "127.0.1"))
    return (Link("one", mine, theirs, port), Link("two", *second, port))


def test_what_came_over_two_links_is_taken_once(alpha: Station, beta: Station):
    alpha.peer.say(a_beat())

    assert beta.turn(2) == 1


def test_the_same_words_later_are_another_heartbeat(alpha: Station, beta: Station):
    alpha.peer.say(a_beat())
    beta.turn(2)
    time.sleep(0.05)
    alpha.peer.say(a_beat())

    assert beta.turn(3) == 2


def test_one_link_is_enough(alpha: Station, beta: Station, port: int):
    beta.use(links("127.0.0.2", "127.0.0.1", port)[1:])

    alpha.peer.say(a_beat())

    assert beta.turn(2) == 1


def thrown(envelope: Envelope, secret: bytes, target: Station, port: int) -> int:
    """How often the target takes what a stranger throws at it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.sendto(messages.seal(envelope, a_beat(), secret), ("127.0.0.2", port))
        stranger.sendto(b"", ("127.0.0.2", port))
        stranger.sendto(b"no seal", ("127.0.0.2", port))
    return target.turn(1)


def test_a_sealed_datagram_from_the_peer_is_taken(beta: Station, port: int):
    assert thrown(Envelope("group", 0, "alpha", "beta"), KEY, beta, port) == 1


@pytest.mark.parametrize(
    ("envelope", "secret"),
    [
        pytest.param(Envelope("group", 0, "alpha", "beta"), OTHER, id="forged"),
        pytest.param(Envelope("group", 0, "beta", "beta"), KEY, id="names itself"),
        pytest.param(Envelope("group", 0, "beta", "alpha"), KEY, id="its own, come back"),
        pytest.param(Envelope("group", 1, "alpha", "beta"), KEY, id="another membership"),
        pytest.param(Envelope("other", 0, "alpha", "beta"), KEY, id="another group"),
        pytest.param(Envelope("group", 0, "gamma", "beta"), KEY, id="a stranger"),
    ],
)
def test_what_is_not_from_the_peer_to_me_is_dropped(
    beta: Station, port: int, envelope: Envelope, secret: bytes
):
    assert thrown(envelope, secret, beta, port) == 0


def test_during_a_change_of_keys_both_are_taken(beta: Station, port: int):
    beta.use(links("127.0.0.2", "127.0.0.1", port), keys=(OTHER, KEY))

    assert thrown(Envelope("group", 0, "alpha", "beta"), KEY, beta, port) == 1


def test_an_address_that_is_not_there_yet_is_tried_again(beta: Station):
    nowhere = Link("late", "192.0.2.1", "192.0.2.2", 7410)

    beta.use((nowhere,))
    problems = beta.peer.links.problems()
    beta.peer.say(a_beat())

    assert problems == ["link late from 192.0.2.1: Cannot assign requested address"]


def test_a_silence_is_told_once_and_its_end_too():
    one = Station("alpha", "beta")  # its lease is 3 s
    told = [one.peer.news(at) for at in (100.0, 102.9, 103.1, 110.0)]
    one.guard = one.guard._replace(grantor=one.guard.grantor._replace(heard_at=110.5))
    told += [one.peer.news(at) for at in (111.0, 113.0)]

    assert told == [
        "",
        "",
        "no heartbeat of beta for 3.1 s, on any link",
        "",
        "heartbeats of beta are heard again",
        "",
    ]
