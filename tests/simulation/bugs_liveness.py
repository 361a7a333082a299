"""Planted bugs that break no safety: something that must come about does not, or too late."""

from typing import Any

import pytest

from remote_helpers.protocol import control, grantor
from remote_helpers.protocol.messages import Solo, Withdraw


def withdrawal_not_renewed(patch: pytest.MonkeyPatch) -> None:
    """A withdrawal lasts T/4 from the first time that it was asked for, however often it is."""
    real = grantor.withdraw

    def once(now: Any, reign: Any, *rest: Any) -> Any:
        return now if now.withdrawn == reign else real(now, reign, *rest)

    patch.setattr(grantor, "withdraw", once)


def withdrawal_outlives_its_controller(patch: pytest.MonkeyPatch) -> None:
    """It lasts longer than the lease that it waits for."""
    patch.setattr(grantor, "withdrawal_term", lambda lease: 5.0 * lease)


def withdrawal_ignored(patch: pytest.MonkeyPatch) -> None:
    """The guard says yes, and goes on as before."""

    def yes(guard: Any, message: Withdraw, now: Any) -> Any:
        return guard, (control._reply(guard, message, now),)

    patch.setitem(control._HANDLERS, Withdraw, yes)


def end_of_solo_never_acknowledged(patch: pytest.MonkeyPatch) -> None:
    """So it is noted for ever as possible, and no waiting proves anything."""
    real = control._solo

    def deaf(guard: Any, message: Solo, now: Any) -> Any:
        if not message.give:
            return guard, (control._reply(guard, message, now, "no-lease", number=message.number),)
        return real(guard, message, now)

    patch.setitem(control._HANDLERS, Solo, deaf)
