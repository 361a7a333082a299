"""What may stand below `policies:`, and from it the policies of a group.

Called by `build`; the defaults are those of `model.state.Policy`.
"""

from typing import Annotated

from pydantic import Field, PlainValidator, WithJsonSchema

from orchestrator.config import quantities
from orchestrator.config.schema_values import Duration, DurationOrZero, Strict
from orchestrator.model import ServerName, Timing
from orchestrator.model.state import Policy

DEFAULT = Policy()

Times = Annotated[int, Field(ge=1, le=1000)]
Share = Annotated[
    float,
    PlainValidator(quantities.share),
    WithJsonSchema({"type": "string", "pattern": f"^{quantities.SHARE.pattern}$"}),
]


class Flapping(Strict):
    moves: Times = Field(DEFAULT.flap_moves, description="so many automatic movements")
    within: Duration = Field(DEFAULT.flap_window_s, description="in so long a time")
    block: Duration = Field(DEFAULT.block_s, description="allow no other one for so long")


class Quarantine(Strict):
    silences: Times = Field(DEFAULT.quarantine_leaves, description="a server fell silent so often")
    within: Duration = Field(DEFAULT.quarantine_window_s, description="in so long a time")
    block: Duration = Field(DEFAULT.quarantine_s, description="it is not promoted for so long")


class Brake(Strict):
    share: Share = Field(DEFAULT.brake_share, description="of all groups lost a server")
    groups: Annotated[int, Field(ge=2, le=1000)] = Field(
        DEFAULT.brake_groups, description="and at least so many"
    )
    within: Duration = Field(DEFAULT.brake_window_s, description="in so long a time")


class Policies(Strict):
    flapping: Flapping = Field(default_factory=lambda: Flapping.model_validate({}))
    quarantine: Quarantine = Field(default_factory=lambda: Quarantine.model_validate({}))
    brake: Brake = Field(default_factory=lambda: Brake.model_validate({}))
    startup_wait: DurationOrZero = Field(
        DEFAULT.startup_s, description="for a server not seen yet, before the other starts alone"
    )
    solo_after: Duration = Field(
        DEFAULT.solo_after_s, description="the standby is gone so long: the active goes on alone"
    )
    give_up_after: Duration = Field(
        DEFAULT.goal_patience_s, description="a movement that does not come about"
    )
    network_wait: DurationOrZero = Field(
        DEFAULT.network_wait_s, description="for a service address's network to come back"
    )
    max_lag: Duration = Field(
        DEFAULT.max_lag_s, description="silence does not count while the controller is later"
    )


def policy_of(
    policies: Policies, timing: Timing, fencing: frozenset[ServerName], *, accept_unfenced: bool
) -> Policy:
    """Without cover: whether a watchdog covers every guard is known when the guards run."""
    return Policy(
        flap_moves=policies.flapping.moves,
        flap_window_s=policies.flapping.within,
        block_s=policies.flapping.block,
        quarantine_leaves=policies.quarantine.silences,
        quarantine_window_s=policies.quarantine.within,
        quarantine_s=policies.quarantine.block,
        startup_s=policies.startup_wait,
        solo_after_s=policies.solo_after,
        goal_patience_s=policies.give_up_after,
        brake_share=policies.brake.share,
        brake_groups=policies.brake.groups,
        brake_window_s=policies.brake.within,
        max_lag_s=policies.max_lag,
        network_wait_s=policies.network_wait,
        fencing=fencing,
        covered=False,
        accept_unfenced=accept_unfenced,
        margin_s=timing.margin_s,
    )
