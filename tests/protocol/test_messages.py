"""A message comes out as it went in, and only at the one it was meant for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remote_helpers.protocol import reporting
from remote_helpers.protocol.messages import (
    Answer,
    BadMessage,
    Beat,
    Envelope,
    Order,
    Proven,
    Question,
    Reply,
    canonical,
    decode,
    encode,
    seal,
    unseal,
)
from remote_helpers.protocol.words import Registration
from tests.protocol.builders import HOLDER, now, reign, reigning

THERE = Envelope("group", 3, "alpha", "beta")
SECRET = b"secret"
finite = st.floats(allow_nan=False, allow_infinity=False)


@given(epoch=st.integers(0, 2**40), at=finite, word=st.text(max_size=8), term=st.integers(0, 9))
def test_round_trip(epoch: int, at: float, word: str, term: int):
    one = reign(epoch, "alpha", nonce=word or "n")
    question = Question(one, word, at)
    order = Order(HOLDER, one, (Proven(one, "stopped"),), (one, one), forced=False, adopts=False)
    report = reporting.report(reigning(), now(11.0))
    messages = (
        question,
        Answer(question, 3.0, Registration(term, word, "")),
        Beat(word, None, False, HOLDER, epoch),
        order,
        Reply("order", False, word, one, 0, report),
    )
    for message in messages:
        assert decode(encode(message)) == message
        assert unseal(seal(THERE, message, SECRET), THERE, (b"other", SECRET)) == message


def test_canonical_bytes_do_not_change():
    message = Question(reign(1, "alpha"), "g", 1.5)
    assert canonical(THERE, message) == (
        b'{"envelope":{"group":"group","membership":3,"receiver":"beta","sender":"alpha"},'
        b'"message":{"asked_at":1.5,"incarnation":"g","reign":{"boot":"alpha-boot1",'
        b'"controller":"c1","epoch":1,"nonce":"n1","server":"alpha"},"type":"question"}}'
    )


@pytest.mark.parametrize(
    "other",
    [
        THERE._replace(sender="beta", receiver="alpha"),
        THERE._replace(membership=4),
        THERE._replace(group="other"),
        THERE._replace(sender="beta"),
    ],
    ids=["back", "other members", "other group", "itself"],
)
def test_what_was_meant_for_somebody_else_is_dropped(other: Envelope):
    datagram = seal(THERE, Beat("b", None, False, HOLDER, 0), SECRET)
    with pytest.raises(BadMessage):
        unseal(datagram, other, (SECRET,))


@pytest.mark.parametrize("datagram", [b"", b"x", b"00 {}", b"\xff" * 90])
def test_noise_is_dropped(datagram: bytes):
    with pytest.raises(BadMessage):
        unseal(datagram, THERE, (SECRET,))


@pytest.mark.parametrize(
    "data",
    [None, {}, {"type": "nothing"}, {"type": "plan"}, {"type": "beat", "boot": 1, "more": 2}],
)
def test_what_is_no_message_is_dropped(data: object):
    with pytest.raises(BadMessage):
        decode(data)
