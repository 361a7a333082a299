"""What a guard says of itself in every reply."""

from remote_helpers.protocol import grantor as grants
from remote_helpers.protocol.guard import Guard
from remote_helpers.protocol.messages import Report
from remote_helpers.protocol.words import NEVER, Now


def report(guard: Guard, now: Now) -> Report:
    """How this guard is, for the controller; every duration is relative to now."""
    holder, record, grantor = guard.holder, guard.record, guard.grantor
    left = holder.lease_end - now.fast
    heard = now.slow - grantor.heard_at
    withdrawn = grantor.withdrawn if now.slow < grantor.withdrawn_until else None
    # What the floor refuses counts as well: a controller that knows only what is on disk would
    # order below the reign that was heard here, again and again, each time refused.
    refused_to = max(record.promised, grantor.floor)
    return Report(
        boot=guard.boot,
        incarnation=holder.incarnation,
        phase=holder.phase,
        reign=record.reign,
        lease_left=left if holder.lease_end > NEVER else None,
        solo=holder.solo,
        solo_number=record.solo_number,
        promised=refused_to,
        promise_left=max(grants.last_end(grantor, ()) - now.slow, 0.0),
        withdrawn=withdrawn,
        registered=record.registered,
        membership=record.membership,
        lease=record.lease,
        lease_max=record.lease_max,
        counter=record.counter,
        amnesiac=guard.amnesiac,
        held=guard.held,
        peer_heard=heard if grantor.heard_at > NEVER else None,
        peer_reign=None if grantor.beat is None else grantor.beat.reign,
        peer_running=grantor.running_at > NEVER and grantor.running_at == grantor.heard_at,
        gate_open=guard.gate.reign is not None,
    )
