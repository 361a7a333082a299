"""What a person may ask, in which state, and the reason for each no."""

import dataclasses

from orchestrator.decision.movement import (
    Movement,
    plan_play,
    plan_resolve,
    plan_start,
    plan_stop,
    plan_switchover,
)
from orchestrator.decision.roles import status_of
from orchestrator.model import Reason, ResourceState, Role, Seen
from tests.support.builders import (
    ADDRESS,
    LINUX1,
    LINUX2,
    NOW,
    SITE,
    a_group,
    a_server_view,
    a_view,
    an_unreachable,
)

STARTED, STOPPED, FAILED = ResourceState.STARTED, ResourceState.STOPPED, ResourceState.FAILED
GROUP = a_group()


def seen(first, second):
    return status_of(GROUP, a_view(first, second))


def healthy():
    return seen(a_server_view(GROUP, LINUX1, STARTED), a_server_view(GROUP, LINUX2, STOPPED))


def reasons(refusals):
    assert isinstance(refusals, tuple)
    return [refusal.reason for refusal in refusals]


def test_a_switchover_goes_from_the_active_to_the_clean_standby():
    assert plan_switchover(healthy(), None) == Movement(source=LINUX1, target=LINUX2)


def test_a_playbook_leaves_the_active_or_the_silent_or_else_the_preferred_server():
    stopped = a_server_view(GROUP, LINUX1, STOPPED)
    active = a_server_view(GROUP, LINUX2, STARTED)
    silent = an_unreachable(GROUP, LINUX2)
    idle = a_server_view(GROUP, LINUX2, STOPPED)

    assert GROUP.preferred_active == LINUX1
    assert plan_play(seen(stopped, active)) == Movement(source=LINUX2, target=LINUX1)
    assert plan_play(seen(stopped, silent)) == Movement(source=LINUX2, target=LINUX1)
    assert plan_play(seen(stopped, idle)) == Movement(source=LINUX1, target=LINUX2)
    both = seen(an_unreachable(GROUP, LINUX1), silent)
    assert plan_play(both) == Movement(source=LINUX1, target=LINUX2)


def test_a_switchover_to_where_the_service_is_says_so():
    assert reasons(plan_switchover(healthy(), LINUX1)) == [Reason.ALREADY_THERE]


def test_a_switchover_to_a_silent_server_is_refused():
    status = seen(a_server_view(GROUP, LINUX1, STARTED), an_unreachable(GROUP, LINUX2))

    assert reasons(plan_switchover(status, None)) == [Reason.SERVER_UNREACHABLE]


def test_a_switchover_with_no_active_and_a_silent_server_does_not_take_silence_for_death():
    status = seen(an_unreachable(GROUP, LINUX1), a_server_view(GROUP, LINUX2, STOPPED))

    refusals = plan_switchover(status, None)

    assert reasons(refusals) == [Reason.SERVER_UNREACHABLE]
    assert "it may run the service" in refusals[0].evidence


def test_a_switchover_of_a_stopped_service_advises_to_start_it():
    status = seen(a_server_view(GROUP, LINUX1, STOPPED), a_server_view(GROUP, LINUX2, STOPPED))

    refusals = plan_switchover(status, None)

    assert reasons(refusals) == [Reason.NO_ACTIVE]
    assert "hasys start web" in refusals[0].advice


def test_two_actives_are_never_moved_blindly():
    status = seen(
        a_server_view(GROUP, LINUX1, STARTED),
        a_server_view(GROUP, LINUX2, STOPPED, but={ADDRESS: STARTED}),
    )

    assert reasons(plan_switchover(status, None)) == [Reason.BOTH_ACTIVE]
    assert reasons(plan_start(status, None)) == [Reason.BOTH_ACTIVE]


def test_a_check_that_does_not_answer_is_not_taken_for_stopped():
    status = seen(
        a_server_view(GROUP, LINUX1, STARTED),
        a_server_view(GROUP, LINUX2, STOPPED, but={SITE: None}),
    )

    assert reasons(plan_switchover(status, None)) == [Reason.STATE_UNKNOWN]


def test_a_standby_with_remains_of_the_service_is_cleaned_first():
    status = seen(
        a_server_view(GROUP, LINUX1, STARTED),
        a_server_view(GROUP, LINUX2, STOPPED, but={SITE: FAILED}),
    )

    refusals = plan_switchover(status, None)

    assert reasons(refusals) == [Reason.RESOURCE_FAILED]
    assert "site failed" in refusals[0].evidence


def test_a_start_goes_to_the_preferred_server():
    status = seen(a_server_view(GROUP, LINUX1, STOPPED), a_server_view(GROUP, LINUX2, STOPPED))

    assert plan_start(status, None) == Movement(source=LINUX2, target=LINUX1)


def test_a_start_completes_what_runs_in_part_where_it_runs():
    status = seen(
        a_server_view(GROUP, LINUX1, STOPPED),
        a_server_view(GROUP, LINUX2, STARTED, but={ADDRESS: STOPPED}),
    )

    assert plan_start(status, None) == Movement(source=LINUX1, target=LINUX2)


def test_a_start_beside_the_active_is_refused():
    assert reasons(plan_start(healthy(), LINUX2)) == [Reason.RUNS_ON_PEER]


def test_a_start_while_the_peer_is_silent_is_refused():
    status = seen(a_server_view(GROUP, LINUX1, STOPPED), an_unreachable(GROUP, LINUX2))

    assert reasons(plan_start(status, None)) == [Reason.SERVER_UNREACHABLE]


def test_a_stop_needs_only_one_server_that_answers():
    status = seen(a_server_view(GROUP, LINUX1, STARTED), an_unreachable(GROUP, LINUX2))

    assert plan_stop(status, None) == Movement(source=LINUX1, target=LINUX2)
    assert reasons(plan_stop(status, LINUX2)) == [Reason.SERVER_UNREACHABLE]


def test_the_status_of_a_healthy_group_has_no_problem():
    status = healthy()

    assert status.active == LINUX1
    assert status.ready
    assert status.problems == ()
    assert status.epoch == 3


def test_a_part_that_is_missing_on_the_active_is_a_problem_not_another_role():
    status = seen(
        a_server_view(GROUP, LINUX1, STARTED, but={SITE: STOPPED}),
        a_server_view(GROUP, LINUX2, STOPPED),
    )

    assert status.roles[LINUX1] is Role.ACTIVE
    assert status.problems == ("linux1: site is stopped: stopped as it should",)
    assert not status.ready


def test_a_server_that_is_reached_through_its_peer_is_seen_and_the_way_is_a_problem():
    detour = dataclasses.replace(
        a_server_view(GROUP, LINUX1, STARTED),
        reach=Seen(value=None, at=NOW, detail="through linux2"),
    )
    status = seen(detour, a_server_view(GROUP, LINUX2, STOPPED))

    assert status.roles[LINUX1] is Role.ACTIVE
    assert status.problems == ("linux1 is reached through linux2 only: see the public links",)


def test_a_silent_server_is_unknown_never_stopped():
    status = seen(a_server_view(GROUP, LINUX1, STARTED), an_unreachable(GROUP, LINUX2))

    assert status.roles[LINUX2] is Role.UNKNOWN
    assert not status.ready


def both_active():
    return seen(a_server_view(GROUP, LINUX1, STARTED), a_server_view(GROUP, LINUX2, STARTED))


def test_a_person_says_who_keeps_the_service_when_both_hold_it():
    assert plan_resolve(both_active(), LINUX2, 3) == Movement(source=LINUX1, target=LINUX2)


def test_where_neither_holds_it_the_named_one_shall():
    status = seen(a_server_view(GROUP, LINUX1, STOPPED), a_server_view(GROUP, LINUX2, STOPPED))

    assert plan_resolve(status, LINUX1, None) == Movement(source=LINUX2, target=LINUX1)


def test_nothing_is_resolved_where_all_is_well():
    refusals = plan_resolve(healthy(), LINUX1, None)

    assert reasons(refusals) == [Reason.ALREADY_THERE]
    assert "hasys switchover" in refusals[0].advice


def test_what_was_confirmed_for_another_state_is_refused():
    assert reasons(plan_resolve(both_active(), LINUX2, 2)) == [Reason.PLAN_CHANGED]


def test_a_silent_server_is_resolved_by_force_alone():
    status = seen(an_unreachable(GROUP, LINUX1), a_server_view(GROUP, LINUX2, STOPPED))

    refusals = plan_resolve(status, LINUX2, None)

    assert reasons(refusals) == [Reason.SERVER_UNREACHABLE]
    assert "hasys failover web --force --to linux2" in refusals[0].advice
