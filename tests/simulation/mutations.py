"""Planted bugs: each wraps or replaces one pure function, for the time of one test.

The production code has no switch for any of them. The numbers are those of the list of planted
bugs in docs/explanation/safety.md.
"""

import contextlib
from collections.abc import Callable, Iterator

import pytest

from tests.simulation import bugs_controller, bugs_executor, bugs_guard, bugs_liveness

Plant = Callable[[pytest.MonkeyPatch], None]

SAFETY: dict[str, Plant] = {
    "1-late-grant": bugs_guard.late_grant,
    "2-controller-does-not-wait": bugs_controller.controller_does_not_wait,
    "3-peer-does-not-wait": bugs_guard.peer_does_not_wait,
    "4-no-local-check": bugs_controller.no_local_check,
    "5-guard-forgets": bugs_guard.guard_forgets,
    "6-controller-forgets": bugs_controller.controller_forgets,
    "6b-answers-after-noting": bugs_controller.answers_while_silent,
    "7-burned-proves-all": bugs_controller.burned_proves_all,
    "8-undo-by-timer": bugs_controller.undo_by_timer,
    "9-confirmation-without-reign": bugs_controller.confirmation_without_reign,
    "10-order-is-first-grant": bugs_guard.order_is_first_grant,
    "10b-dead-reign-resumes": bugs_guard.dead_reign_resumes,
    "11-lower-lease-at-once": bugs_guard.lower_lease_at_once,
    "12-second-guard": bugs_guard.second_guard,
    "13-grant-from-before-reboot": bugs_guard.grant_from_before_reboot,
    "14-no-gate": bugs_guard.no_gate,
    "15-no-reset": bugs_guard.no_reset,
    "16-late-demotion": bugs_guard.late_demotion,
    "17-solo-without-number": bugs_guard.solo_without_number,
    "17-solo-volatile": bugs_controller.solo_volatile,
    "17-solo-ends-unacknowledged": bugs_controller.solo_ends_without_acknowledgement,
    "17-solo-ignored": bugs_controller.solo_ignored,
    "18-half-registered-answers": bugs_controller.half_registered_answers,
    "18-no-registration-check": bugs_guard.no_registration_check,
    "19-noted-after-send": bugs_controller.noted_after_send,
    "20-no-margin": bugs_guard.no_margin,
    "22-freshness-from-the-last-poll": bugs_controller.freshness_from_the_last_poll,
    "23-no-brake": bugs_controller.no_brake,
    "24-old-fence-counts": bugs_controller.old_fence_counts,
    "25-same-epoch-again": bugs_guard.same_epoch_again,
    "26-timeout-counts-as-stopped": bugs_controller.timeout_counts_as_stopped,
}


EXECUTOR: dict[str, Plant] = {
    "21-retried-without-looking": bugs_executor.retried_without_looking,
}
"""Caught by `simulation.runs`: whole runs of playbooks, killed and resumed."""

LIVENESS: dict[str, Plant] = {
    "withdrawal-not-renewed": bugs_liveness.withdrawal_not_renewed,
    "withdrawal-outlives-its-controller": bugs_liveness.withdrawal_outlives_its_controller,
    "withdrawal-ignored": bugs_liveness.withdrawal_ignored,
    "end-of-solo-never-acknowledged": bugs_liveness.end_of_solo_never_acknowledged,
}
"""Caught by `simulation.liveness`, not by the invariants of safety."""


@contextlib.contextmanager
def planted(plant: Plant) -> Iterator[None]:
    """The bug is there inside, and nowhere else."""
    with pytest.MonkeyPatch.context() as patch:
        plant(patch)
        yield
