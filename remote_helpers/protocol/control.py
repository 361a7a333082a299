"""What the controller may ask of a guard, and when the guard refuses.

Everything but `Status` and `Register` is taken only from the holder registered with this server:
a controller that was superseded while its message was under way has no say, not even to give a
solo term (which no time-out would ever heal).
"""

from typing import Any, Callable, Dict, Optional, Tuple

from remote_helpers.protocol import gate as gates
from remote_helpers.protocol import grantor as grants
from remote_helpers.protocol import holder as leases
from remote_helpers.protocol.guard import (
    CONTROLLER,
    Guard,
    Outputs,
    Publish,
    Say,
    StopInOrder,
    may_adopt,
    wait_of,
    write,
)
from remote_helpers.protocol.messages import (
    Lease,
    Members,
    Order,
    Plan,
    Register,
    Reply,
    Solo,
    Status,
    Stop,
    Withdraw,
)
from remote_helpers.protocol.reporting import report
from remote_helpers.protocol.watchdog import covers
from remote_helpers.protocol.words import Now, Reign

STOPPED = "stopped"
BURNED = "burned"


def on_control(guard: Guard, message: Any, now: Now) -> Tuple[Guard, Outputs]:
    """One message of a controller; always ends in one `Reply`."""
    if isinstance(message, Register):
        return _register(guard, message, now)
    if isinstance(message, Status):
        return guard, (_reply(guard, message, now),)
    if message.registration != guard.record.registered:
        return guard, (_reply(guard, message, now, "not-registered"),)
    return _HANDLERS[type(message)](guard, message, now)


def _reply(
    guard: Guard, message: Any, now: Now, refused: str = "", said: str = "", number: int = 0
) -> Say:
    return Say(
        CONTROLLER,
        Reply(
            to=type(message).__name__.lower(),
            accepted=not refused,
            why=refused or said,
            reign=getattr(message, "reign", None),
            number=number,
            report=report(guard, now),
        ),
    )


def _register(guard: Guard, message: Register, now: Now) -> Tuple[Guard, Outputs]:
    """Compare-and-set; voids what the holder before has asked for.

    Orders of a lower term are void from here on, because every order names its holder. With the
    same triple again nothing changes: the acknowledgement may have been lost.
    """
    current, wanted = guard.record.registered, message.registration
    if wanted == current:
        return guard, (_reply(guard, message, now),)
    if wanted.term <= current.term:
        return guard, (_reply(guard, message, now, "lower-term"),)
    if message.expected is not None and message.expected != current:
        return guard, (_reply(guard, message, now, "taken-over"),)
    guard, saved = write(guard, guard.record._replace(registered=wanted))
    # Until the new incarnation opens it for a plan of its own, the gate lets no step through:
    # the helper of a controller that lost power lives on with its queue.
    gate = guard.gate
    if gate.reign is not None:
        gate = gate._replace(incarnation=wanted.incarnation, plan="")
    guard = guard._replace(grantor=grants.give_back(guard.grantor), amnesiac=False, gate=gate)
    return guard, (*saved, Publish(gate), _reply(guard, message, now))


def order_refused(guard: Guard, order: Order, now: Now) -> Optional[str]:
    """Why this order cannot be taken; None when it can.

    The controller has waited for its own promises; this is the other half, checked here and now
    and not taken from an acknowledgement that may be old: everything that this server ever
    promised to a reign not proven over is past, and the active is not heard.
    """
    if order.reign.server != guard.me or order.reign.boot != guard.boot:
        return "not-for-this-boot"
    if order.reign.epoch <= guard.record.promised:
        return "stale-epoch"
    if guard.holder.phase != leases.IDLE:
        return "busy"
    adopts = order.adopts and guard.held is True and may_adopt(guard)
    if guard.held is not False and not adopts:
        return "not-clean"
    return None if order.forced else _not_run_out(guard, order, now)


def _not_run_out(guard: Guard, order: Order, now: Now) -> Optional[str]:
    lease = guard.record.lease_max
    beat = guard.grantor.beat
    proven = [one.reign for one in order.proven]
    if grants.hears_active(guard.grantor, now.slow, lease) and (
        beat is None or beat.reign not in proven
    ):
        return "active-heard"
    if order.reign.epoch <= guard.grantor.floor:
        return "stale-epoch"
    if order.run_out and guard.amnesiac:
        return "amnesiac"
    if now.slow < grants.last_end(guard.grantor, order.proven):
        return "promise-out"
    for reign in order.run_out:
        if reign.server == guard.peer and not grants.is_withdrawn(guard.grantor, reign, now.slow):
            return "not-withdrawn"
    return None


def _order(guard: Guard, message: Order, now: Now) -> Tuple[Guard, Outputs]:
    """Taken: on disk first, so that every lower reign is refused from here on, reboot or not."""
    refused = order_refused(guard, message, now)
    reign = message.reign
    if guard.holder.reign == reign:
        return guard, (_reply(guard, message, now),)
    if refused is not None:
        return guard, (_reply(guard, message, now, refused),)
    guard, saved = write(
        guard,
        guard.record._replace(promised=reign.epoch, reign=reign, solo=False, solo_number=0),
    )
    guard = guard._replace(
        holder=leases.take_order(guard.holder, reign, now.fast),
        grantor=grants.give_back(guard.grantor)._replace(floor=reign.epoch),
        gate=gates.CLOSED,
        adopting=message.adopts,
    )
    return guard, (*saved, Publish(gates.CLOSED), _reply(guard, message, now))


def _withdraw(guard: Guard, message: Withdraw, now: Now) -> Tuple[Guard, Outputs]:
    """Refused while the active is heard: what the controller cannot see may be well."""
    if message.reign.server != guard.peer or guard.holder.phase != leases.IDLE:
        return guard, (_reply(guard, message, now, "busy"),)
    lease = guard.record.lease_max
    if not message.forced and grants.hears_active(guard.grantor, now.slow, lease):
        return guard, (_reply(guard, message, now, "active-heard"),)
    grantor = grants.withdraw(guard.grantor, message.reign, now.slow, guard.record.lease)
    guard = guard._replace(grantor=grantor)
    return guard, (_reply(guard, message, now),)


def _stop(guard: Guard, message: Stop, now: Now) -> Tuple[Guard, Outputs]:
    """Ends a reign of this server, or makes sure that it never begins.

    'stopped' and 'burned' speak of this one reign. An order that never began proves nothing
    about the reigns before it, whose server may still serve.
    """
    reign = message.reign
    if reign.server != guard.me:
        return guard, (_reply(guard, message, now, "not-mine"),)
    if guard.holder.reign == reign:
        return _stop_current(guard, message, now)
    if reign == guard.record.reign:
        refused = "" if guard.held is False else "not-clean"
        return guard, (_reply(guard, message, now, refused, STOPPED),)
    saved = ()  # type: Outputs
    if reign.epoch > guard.record.promised:
        guard, saved = write(guard, guard.record._replace(promised=reign.epoch))
    if reign.epoch < _taken(guard.record.reign):
        # Over long ago, stopped or burned; a higher order was taken here with nothing held.
        return guard, (*saved, _reply(guard, message, now, "", STOPPED))
    refused = "" if _holds_own(guard) else "not-clean"
    return guard, (*saved, _reply(guard, message, now, refused, BURNED))


def _taken(reign: Optional[Reign]) -> int:
    return 0 if reign is None else reign.epoch


def _holds_own(guard: Guard) -> bool:
    """Whether what is held here, if anything, is held under a reign that this guard knows.

    After a lost record the reign asked about may be the one whose resources still run.
    """
    return guard.held is False or leases.is_holding(guard.holder)


def _stop_current(guard: Guard, message: Stop, now: Now) -> Tuple[Guard, Outputs]:
    phase = guard.holder.phase
    holder = leases.begin_stop(guard.holder)
    guard = guard._replace(holder=holder, gate=gates.CLOSED)
    if phase == leases.ORDERED:
        return guard, (Publish(gates.CLOSED), _reply(guard, message, now, "", STOPPED))
    refused = _reply(guard, message, now, "in-progress")
    if phase == leases.REIGNING:
        return guard, (Publish(gates.CLOSED), StopInOrder(message.reign), refused)
    return guard, (refused,)


def _solo(guard: Guard, message: Solo, now: Now) -> Tuple[Guard, Outputs]:
    """A term without end, or its end; of one reign, by rising numbers.

    Acknowledged only by an active with a running lease: an end acknowledged by one that lives on
    solo alone would leave it without any right at that instant.
    """
    record, holder = guard.record, guard.holder
    if holder.reign != message.reign or holder.phase != leases.REIGNING:
        return guard, (_reply(guard, message, now, "other-reign", number=message.number),)
    if message.number < record.solo_number or (
        message.number == record.solo_number and record.solo != message.give
    ):
        return guard, (_reply(guard, message, now, "old-number", number=message.number),)
    if not message.give and not leases.has_running_lease(holder, now.fast, guard.terms.budget):
        return guard, (_reply(guard, message, now, "no-lease", number=message.number),)
    saved = ()  # type: Outputs
    if message.number > record.solo_number:
        guard, saved = write(guard, record._replace(solo=message.give, solo_number=message.number))
    holder = holder._replace(solo=message.give)
    gate = guard.gate._replace(until=leases.end_of(holder))
    guard = guard._replace(holder=holder, gate=gate)
    return guard, (*saved, Publish(gate), _reply(guard, message, now, number=message.number))


def _lease(guard: Guard, message: Lease, now: Now) -> Tuple[Guard, Outputs]:
    """A longer lease is on disk before it is promised; a shorter one waits for the longer.

    Refused until what was derived from it is in force here: on a lease shorter than an armed
    watchdog, that could not be fed any more and would reset a healthy active.
    """
    record, watchdog = guard.record, guard.terms.watchdog
    if message.lease <= guard.terms.budget:
        return guard, (_reply(guard, message, now, "shorter-than-budget"),)
    if watchdog > 0.0 and not covers(message.lease, watchdog):
        return guard, (_reply(guard, message, now, "shorter-than-watchdog"),)
    if message.lease == record.lease:
        return guard, (_reply(guard, message, now),)
    guard, saved = write(
        guard,
        record._replace(lease=message.lease, lease_max=max(record.lease_max, message.lease)),
    )
    guard = guard._replace(lowered_at=now.slow)
    return guard, (*saved, _reply(guard, message, now))


def _plan(guard: Guard, message: Plan, now: Now) -> Tuple[Guard, Outputs]:
    """One plan at a time holds the gate; steps of the one before find it closed to them."""
    gate = gates.for_plan(guard.gate, message.reign, message.plan, message.registration.incarnation)
    if gate is None:
        return guard, (_reply(guard, message, now, "gate-closed"),)
    return guard._replace(gate=gate), (Publish(gate), _reply(guard, message, now))


def _members(guard: Guard, message: Members, now: Now) -> Tuple[Guard, Outputs]:
    """The old peer's vote ends here; what was promised to it may still be out."""
    if message.membership <= guard.record.membership:
        refused = "" if message.membership == guard.record.membership else "old-number"
        return guard, (_reply(guard, message, now, refused, number=message.membership),)
    guard, saved = write(guard, guard.record._replace(membership=message.membership))
    wait = wait_of(guard, guard.record.lease_max)
    guard = guard._replace(
        peer=message.peer, grantor=grants.note_unknown(guard.grantor, now.slow, wait)
    )
    return guard, (*saved, _reply(guard, message, now, number=message.membership))


_HANDLERS: Dict[type, Callable[[Guard, Any, Now], Tuple[Guard, Outputs]]] = {
    Order: _order,
    Withdraw: _withdraw,
    Stop: _stop,
    Solo: _solo,
    Lease: _lease,
    Plan: _plan,
    Members: _members,
}
