"""What the loop makes of replies that come in another order than they were said in."""

from orchestrator.model import ServerName
from orchestrator.simulation.controller import SimController
from orchestrator.simulation.pair import Pair
from remote_helpers.protocol.messages import Reply, Report

BETA = ServerName("beta")


def settled() -> SimController:
    """A controller that serves its group for a while, registered on both servers."""
    pair = Pair(0)
    pair.begin()
    pair.world.run(15.0)
    one = pair.controllers["c1"]
    assert one.state.vote.acknowledged == {"alpha", "beta"}
    return one


def status(report: Report) -> Reply:
    return Reply(to="status", accepted=True, why="", reign=None, number=0, report=report)


def test_a_reply_that_was_overtaken_by_a_later_one_is_no_lost_record():
    """Both were asked for at once; what the guard said before its last write comes last."""
    one = settled()
    at, report = one.loop.reports[BETA]
    term = one.state.vote.registration.term
    one.loop.replied(BETA, status(report._replace(counter=report.counter - 1)), at)
    one.loop.turn()

    assert one.loop.reports[BETA] == (at, report)
    assert one.state.vote.registration.term == term


def test_a_lower_counter_of_another_guard_is_a_lost_record():
    one = settled()
    at, report = one.loop.reports[BETA]
    term = one.state.vote.registration.term
    lost = report._replace(counter=report.counter - 1, incarnation="another guard")
    one.loop.replied(BETA, status(lost), at)
    one.loop.turn()

    assert one.state.vote.registration.term == term + 1
