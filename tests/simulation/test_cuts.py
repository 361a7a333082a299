"""The daemon killed between any two of its effects ends where it would have ended.

`pytest -m cuts` kills it at each of them; the quick run at some, spread over the event.
"""

import pytest

from orchestrator.simulation.cuts import Event, play

LAST = 230
"""By then the event is over, whatever it is."""
SOME = range(2, LAST, 57)

ENDS = {
    Event.START: (("alpha",), {"start"}),
    Event.STOP: ((), {"stop"}),
    Event.SWITCHOVER: (("beta",), {"switchover"}),
    Event.GOAL: (("beta",), {"switchover"}),
    Event.POWER_CUT: (("beta",), {"failover"}),
    Event.ISOLATED: (("beta",), {"failover"}),
    Event.ADOPTION: (("alpha",), {"start"}),
    Event.FORCE: (("beta",), {"forced-failover", "failover"}),
}
"""Where the service runs in the end, and by which playbook."""
NOT_BEGUN = {
    Event.START: (),
    Event.STOP: ("alpha",),
    Event.SWITCHOVER: ("alpha",),
    Event.GOAL: ("alpha",),
}
"""Where it stays when the process dies before it has written down what a person asked for."""


def must_end_well(event, cut, directory):
    directory.mkdir()
    end = play(event, cut, directory)
    story = f"killed at effect {cut}\n" + "\n".join(end.log)
    serves, playbooks = ENDS[event]
    assert end.violations == (), story
    assert end.partly == (), story
    assert end.goal == "", story
    if not end.runs and event in NOT_BEGUN:
        assert end.serves == NOT_BEGUN[event], story
        return
    assert end.serves == serves, story
    done = {one.removesuffix(" done") for one in end.runs if one.endswith(" done")}
    given_up = [one for one in end.runs if not one.endswith((" done", " abandoned"))]
    assert not given_up, story
    assert done <= playbooks, story


@pytest.mark.parametrize("event", list(Event))
def test_whole_it_ends_well(event, tmp_path):
    must_end_well(event, None, tmp_path / "whole")


@pytest.mark.parametrize("cut", SOME)
@pytest.mark.parametrize("event", list(Event))
def test_killed_somewhere_it_ends_the_same(event, cut, tmp_path):
    must_end_well(event, cut, tmp_path / "cut")


@pytest.mark.cuts
@pytest.mark.parametrize("event", list(Event))
def test_killed_anywhere_it_ends_the_same(event, tmp_path, request):
    if "cuts" not in str(request.config.getoption("-m")):
        pytest.skip("minutes: pytest -m cuts")
    for cut in range(1, LAST):
        must_end_well(event, cut, tmp_path / str(cut))


def test_a_cut_replays_exactly(tmp_path):
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
    one = play(Event.GOAL, 60, tmp_path / "first")
    again = play(Event.GOAL, 60, tmp_path / "second")
    assert (one.serves, one.effects, one.runs) == (again.serves, again.effects, again.runs)
