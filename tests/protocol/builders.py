"""A guard in the state that a test needs."""

from remote_helpers.protocol import control, guard
from remote_helpers.protocol.messages import Answer, Beat, Order, Question, Register, Reply
from remote_helpers.protocol.record import blank
from remote_helpers.protocol.words import NOBODY, Now, Registration, Reign, Terms

TERMS = Terms(budget=1.0, error=0.0, margin=0.25, watchdog=1.0)
HOLDER = Registration(1, "c1", "i1")
LEASE = 3.0


def now(seconds: float) -> Now:
    return Now(seconds, seconds)


def reign(epoch: int, server: str, boot: str = "boot1", nonce: str = "") -> Reign:
    return Reign(epoch, "c1", nonce or f"n{epoch}", server, f"{server}-{boot}")


def fresh(me: str = "beta", peer: str = "alpha", at: float = 10.0) -> guard.Guard:
    """Registered, checked as clean, and long enough up that its restart is no answer any more."""
    one = guard.start(
        ("group", me, peer), f"{me}-boot1", f"{me}-g1", TERMS, blank(LEASE, 0), LEASE, now(at - 9)
    )
    one, _ = guard.checked(one, held=False)
    one, _ = control.on_control(one, Register(HOLDER, NOBODY), now(at - 9))
    return one


def ordered(
    one: guard.Guard, epoch: int, at: float, **changes: object
) -> tuple[guard.Guard, Reply]:
    order = Order(HOLDER, reign(epoch, one.me), (), (), forced=False, adopts=False)
    order = order._replace(**changes)  # type: ignore[arg-type]
    return told(one, order, at)


def told(one: guard.Guard, message: object, at: float) -> tuple[guard.Guard, Reply]:
    one, outputs = control.on_control(one, message, now(at))
    return one, outputs[-1].message


def reigning(me: str = "alpha", peer: str = "beta", at: float = 10.0) -> guard.Guard:
    """ACTIVE in reign 1, lease until at + 3."""
    one, reply = ordered(fresh(me, peer, at), 1, at)
    assert reply.accepted, reply.why
    return answered(one, at, at)


def answered(one: guard.Guard, asked: float, at: float) -> guard.Guard:
    assert one.holder.reign is not None
    question = Question(one.holder.reign, one.holder.incarnation, asked)
    one, _ = guard.on_answer(one, Answer(question, LEASE, HOLDER), now(at))
    return one


def question(epoch: int, server: str, at: float) -> Question:
    return Question(reign(epoch, server), f"{server}-g1", at)


def beat(epoch: int, server: str) -> Beat:
    return Beat(f"{server}-boot1", reign(epoch, server), True, HOLDER, epoch)
