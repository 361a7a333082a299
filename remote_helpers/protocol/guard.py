"""One server's guard: holder, grantor, gate and record together, one input at a time.

Every function takes the guard, an input and `now`, and returns the guard after it and what must
be done, in that order. `Save` must be on disk (file and directory fsynced) before anything after
it is done; when it fails, the caller keeps the guard as it was and does nothing of the rest.
Nothing that ends a reign waits for the disk: a full or hung disk never delays a demotion.
"""

from typing import Any, NamedTuple, Optional, Tuple

from remote_helpers.protocol import gate as gates
from remote_helpers.protocol import grantor as grants
from remote_helpers.protocol import holder as leases
from remote_helpers.protocol.clocks import wait_for
from remote_helpers.protocol.messages import Answer, Beat, Question
from remote_helpers.protocol.record import Record, blank
from remote_helpers.protocol.watchdog import may_feed
from remote_helpers.protocol.words import ALWAYS, NEVER, NOBODY, Now, Reign, Terms

PEER = "peer"
CONTROLLER = "controller"


class Save(NamedTuple):
    """Write the record; nothing after it happens before it is on disk."""

    record: Record


class Say(NamedTuple):
    """Send to PEER or CONTROLLER."""

    to: str
    message: Any


class Publish(NamedTuple):
    """Write the gate to /run, and wait for (or kill) what holds it when it closes."""

    gate: gates.Gate


class Demote(NamedTuple):
    """Emergency demotion, now: addresses, processes, mounts, data; then `checked`."""

    why: str
    deadline: float


class StopInOrder(NamedTuple):
    """The reign ends in order: the stop plan may run; `checked` when it is done."""

    reign: Reign


class Reset(NamedTuple):
    """The machine, this instant."""

    why: str


class Alarm(NamedTuple):
    """For people."""

    text: str


Outputs = Tuple[Any, ...]


class Guard(NamedTuple):
    group: str
    me: str
    peer: str
    boot: str
    terms: Terms
    record: Record
    holder: leases.Holder
    grantor: grants.Grantor
    gate: gates.Gate = gates.CLOSED
    held: Optional[bool] = None
    """Whether exclusive resources are held, as last checked; None: not since this guard began."""
    amnesiac: bool = False
    mute_until: float = NEVER
    """An amnesiac grants nothing before (slow clock): it may know nothing of a higher reign."""
    lowered_at: float = NEVER
    """Since when answers promise less than `record.lease_max` (slow clock)."""
    beat_at: float = NEVER
    """When the last heartbeat was sent (fast clock)."""
    adopting: bool = False
    """An order to adopt what runs here was taken and has not begun yet."""


def wait_of(guard: Guard, lease: float) -> float:
    """How long a promise of that lease may be out, on this server's slow clock."""
    return wait_for(lease, guard.terms.error, guard.terms.margin)


def start(
    names: Tuple[str, str, str],
    boot: str,
    incarnation: str,
    terms: Terms,
    stored: Optional[Record],
    lease: float,
    now: Now,
) -> Guard:
    """A guard without the state of one before, on this boot or an earlier one.

    No reign survives it: gate closed, nothing answered for, nobody's vote but what a restart
    counts as. A server without a record may be new or have lost it; that it knows nothing proves
    nothing, so it is amnesiac until a controller has registered on it and its peer anew.
    """
    group, me, peer = names
    record = blank(lease, 0) if stored is None else stored
    wait = wait_for(max(record.lease_max, lease), terms.error, terms.margin)
    return Guard(
        group=group,
        me=me,
        peer=peer,
        boot=boot,
        terms=terms,
        record=record,
        holder=leases.Holder(incarnation),
        grantor=grants.restarted(wait, now.slow)._replace(
            floor=0 if record.reign is None else record.reign.epoch
        ),
        amnesiac=stored is None,
        mute_until=now.slow + wait if stored is None else NEVER,
        lowered_at=now.slow,
    )


def take_over(old: Guard, incarnation: str, now: Now) -> Guard:
    """A guard that takes lock and state from the one before it, on the same boot.

    It goes on with lease and promises, and takes answers only to questions of its own.
    """
    since = max(old.holder.since, now.fast)
    return old._replace(
        holder=old.holder._replace(incarnation=incarnation, since=since, asked_at=NEVER),
    )


def tick(guard: Guard, now: Now) -> Tuple[Guard, Outputs]:
    """Time has passed: demote, reset, ask, beat, let an old lease length go."""
    holder, verdict = leases.tick(guard.holder, now.fast, guard.record.lease, guard.terms.budget)
    if verdict == leases.RESET:
        return guard, (Reset("the lease is over and resources may still be held"),)
    if verdict == leases.DEMOTE:
        return _emergency(guard, "the lease is nearly over", now)
    guard = guard._replace(holder=holder)
    guard, saved = _let_old_lease_go(guard, now)
    holder, question = leases.ask(guard.holder, now.fast, guard.record.lease)
    guard = guard._replace(holder=holder)
    said = () if question is None else (Say(PEER, question), Say(CONTROLLER, question))
    return guard, saved + said


def beat(guard: Guard, now: Now) -> Tuple[Guard, Outputs]:
    """The heartbeat, as often as the questions."""
    holder = guard.holder
    running = leases.is_holding(holder) and now.fast < leases.end_of(holder)
    reign = holder.reign if leases.is_holding(holder) else None
    message = Beat(guard.boot, reign, running, guard.record.registered, guard.record.promised)
    return guard._replace(beat_at=now.fast), (Say(PEER, message),)


def _let_old_lease_go(guard: Guard, now: Now) -> Tuple[Guard, Outputs]:
    """A lower lease is in force only once every promise of the longer one has passed."""
    record = guard.record
    if record.lease_max <= record.lease:
        return guard, ()
    if now.slow < guard.lowered_at + wait_of(guard, record.lease_max):
        return guard, ()
    return write(guard, record._replace(lease_max=record.lease))


def write(guard: Guard, record: Record) -> Tuple[Guard, Outputs]:
    """The record with its counter raised, to be saved before anything else is done."""
    record = record._replace(counter=record.counter + 1)
    return guard._replace(record=record), (Save(record),)


def _emergency(guard: Guard, why: str, now: Now) -> Tuple[Guard, Outputs]:
    """Closes the gate first: a queued start step must find it closed while addresses go."""
    holder = leases.begin_emergency(guard.holder, now.fast, guard.terms.budget)
    guard = guard._replace(holder=holder, gate=gates.CLOSED)
    return guard, (Publish(gates.CLOSED), Demote(why, holder.deadline))


def give_up(guard: Guard, why: str, now: Now) -> Tuple[Guard, Outputs]:
    """The reign cannot go on here: the server is shut down, or it cannot be reset."""
    if not leases.is_holding(guard.holder) or guard.holder.phase == leases.EMERGENCY:
        return guard, ()
    return _emergency(guard, why, now)


def unchecked(guard: Guard) -> Tuple[Guard, Outputs]:
    """Nobody could look for long: what is held is unknown again, and no vote is given."""
    return guard._replace(held=None), ()


def on_question(guard: Guard, question: Question, now: Now) -> Tuple[Guard, Outputs]:
    """The peer asks. Only a server that holds nothing and has taken no order has a vote to give."""
    mine = question.reign.server == guard.me
    if mine or guard.holder.phase != leases.IDLE or guard.held is not False:
        return guard, ()
    if now.slow < guard.mute_until:
        return guard, ()
    lease = guard.record.lease
    grantor, answer = grants.answer(guard.grantor, question, now.slow, lease, wait_of(guard, lease))
    if answer is None:
        return guard, ()
    return guard._replace(grantor=grantor), (Say(PEER, answer),)


def on_answer(guard: Guard, answer: Answer, now: Now) -> Tuple[Guard, Outputs]:
    """A vote for this server; a controller's only from the one that is registered here.

    Without that check two controllers would each have a majority: one with this server, the
    other with the peer.
    """
    if answer.by not in (NOBODY, guard.record.registered):
        return guard, ()
    before = guard.holder
    least = max(guard.terms.budget, guard.terms.watchdog)
    holder = leases.take_answer(before, answer, now.fast, guard.record.lease_max, least)
    if holder == before:
        return guard, ()
    guard = guard._replace(holder=holder)
    if holder.phase != leases.REIGNING or holder.reign is None:
        return guard, ()
    gate = gates.opened(holder.reign, guard.record.registered.incarnation, leases.end_of(holder))
    if before.phase == leases.REIGNING:
        gate = gate._replace(plan=guard.gate.plan)
    return guard._replace(gate=gate, held=True, adopting=False), (Publish(gate),)


def on_beat(guard: Guard, message: Beat, now: Now) -> Tuple[Guard, Outputs]:
    """The peer's heartbeat. A higher reign that runs ends this one at once.

    After a forced promotion the old active comes back with its lease or solo still in force;
    without this rule both would stay.
    """
    guard = guard._replace(grantor=grants.hear(guard.grantor, message, now.slow))
    if not message.running or message.reign is None:
        return guard, ()
    return _beside(guard, message.reign, now)


def _beside(guard: Guard, theirs: Reign, now: Now) -> Tuple[Guard, Outputs]:
    """What the reign in which the peer serves leaves of what is held here."""
    mine = guard.holder.reign
    if not leases.is_holding(guard.holder):
        if guard.held and mine is None:
            # Not even what could be adopted may stay beside a service that runs.
            return guard, (Publish(gates.CLOSED), Demote("held beside a running reign", ALWAYS))
        return guard, ()
    if mine is None or theirs.epoch < mine.epoch:
        return guard, ()
    if theirs.epoch == mine.epoch:
        return guard, (Alarm("both servers are ACTIVE in the same epoch: a person must choose"),)
    if guard.holder.phase == leases.EMERGENCY:
        return guard, ()
    return _emergency(guard, "a higher reign runs on the peer", now)


def checked(guard: Guard, *, held: bool) -> Tuple[Guard, Outputs]:
    """Every exclusive resource was looked at; a reign that was ending is over when none is held.

    Something held without a reign is what a guard left behind, or what started by itself: it is
    taken down, except where no reign ever was: there it may be a service to be adopted.
    """
    phase = guard.holder.phase
    if phase in (leases.STOPPING, leases.EMERGENCY):
        if held:
            return guard, ()
        return guard._replace(holder=leases.over(guard.holder), held=False), ()
    if phase in (leases.IDLE, leases.ORDERED):
        guard = guard._replace(held=held)
        if held and not may_adopt(guard):
            return guard, (Publish(gates.CLOSED), Demote("held without a reign", ALWAYS))
    return guard, ()


def may_adopt(guard: Guard) -> bool:
    """Whether what is held here was started by nobody that this record knows of."""
    return guard.amnesiac or guard.record.reign is None or guard.adopting


def may_feed_watchdog(guard: Guard, now: Now) -> bool:
    """Whether the device may be fed now; asked before every feeding.

    A guard that found no state of the one before must not defuse the device that it left armed
    before it has checked that nothing is held.
    """
    if guard.holder.phase == leases.IDLE and guard.held is not False:
        return False
    return may_feed(now.fast, leases.end_of(guard.holder), guard.terms.watchdog)
