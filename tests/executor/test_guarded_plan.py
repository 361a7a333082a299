"""A plan in a group that a loop looks after."""

from orchestrator.model import Reason, Refusal
from tests.executor.runs import shipped
from tests.support.builders import LINUX1, LINUX2


async def test_in_a_guarded_group_a_plan_says_what_the_loop_would_say_to_a_start(stage):
    asked = []

    async def foresight(server):
        asked.append(server)
        return Refusal(reason=Reason.SOLO_POSSIBLE, evidence="alone for ever", advice="wait")

    plan = await stage.foresee(shipped("switchover"), foresight=foresight)

    assert "refused (solo-possible): alone for ever" in plan.failures[LINUX1]
    assert asked == [LINUX2, LINUX1]
    stops = [step.would for step in plan.steps() if step.title.startswith("stop ")][:3]
    assert stops == ["would change"] * 3
