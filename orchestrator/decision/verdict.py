"""What a rule of the policy answers: a movement, or why not."""

import dataclasses

from orchestrator.decision.intents import Because, Intent, Wish
from orchestrator.model import Reason


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Nothing moves, and why; small things may still be done."""

    reasons: tuple[Because, ...]
    intents: tuple[Intent, ...] = ()
    restarted: str | None = None
    """The resource whose restart is to be counted."""


Verdict = Wish | Hold


def hold(reason: Reason, evidence: str, age_s: float | None = None, advice: str = "") -> Hold:
    because = Because(reason=reason, evidence=evidence, age_s=age_s, advice=advice)
    return Hold(reasons=(because,))
