"""From the terms that a guard is told to those in force while the length of its lease changes.

They come with the settings, the lease that they were made for with votes: for a moment a reign
runs on the old one. A budget longer than what is left of it would demote a healthy active, and a
watchdog that its lease cannot keep fed would reset it.
"""

from remote_helpers.protocol import holder as leases
from remote_helpers.protocol.guard import Guard
from remote_helpers.protocol.words import Now, Terms, question_interval


def carries(guard: Guard, seconds: float, lease: float, now: Now) -> bool:
    """Whether what is left of the lease is more, by a question of the length that is wanted."""
    return leases.end_of(guard.holder) - now.fast > seconds + question_interval(lease)


def in_force(guard: Guard, wanted: Terms, lease: float, armed: float, now: Now) -> Terms:
    """`lease`: what `wanted` was made for; `armed`: the time-out of a watchdog that runs, or 0."""
    old = guard.terms
    budget = wanted.budget
    if budget > old.budget and not carries(guard, budget, lease, now):
        budget = old.budget
    margin = wanted.margin
    if guard.record.lease_max > lease:  # which the margin of a shorter one does not cover
        margin = max(margin, old.margin)
    watchdog = armed or wanted.watchdog
    return Terms(budget=budget, error=wanted.error, margin=margin, watchdog=watchdog)
