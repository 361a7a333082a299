"""What may stand below `fencing:`: devices that switch a server off, and where their secrets are.

The options of a device belong to its agent and are checked against what the agent says of itself
(`orchestrator.fencing.validate`); here stands only what holds for all agents.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag
from pydantic.functional_validators import AfterValidator

from orchestrator.config import values
from orchestrator.config.schema_values import (
    AbsolutePath,
    Duration,
    DurationOrZero,
    Strict,
    form_of,
)

VariableName = Annotated[str, AfterValidator(values.variable_name)]


class SecretSource(Strict):
    """A value that stands elsewhere: read when the agent is run, never shown."""

    file: AbsolutePath | None = None
    env: VariableName | None = None


Option = Annotated[
    Annotated[str, AfterValidator(values.one_line), Tag("(word)")]
    | Annotated[SecretSource, Tag("(mapping)")],
    Discriminator(form_of),
]


class FenceDevice(BaseModel):
    """What is not named here is an option of the agent."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True, hide_input_in_errors=True)
    __pydantic_extra__: dict[str, Option] = Field(init=False)

    agent: Annotated[str, AfterValidator(values.fence_agent)] = Field(examples=["fence_ipmilan"])
    level: Annotated[int, Field(ge=1, le=9)] = Field(
        1, description="tried in this order; all devices of one level must succeed"
    )
    delay: DurationOrZero = Field(0.0, description="before it is told to switch off")
    timeout: Duration = Field(20.0, description="for one answer of the device")
    password_file: AbsolutePath | None = Field(None, description="password: {file: PATH}")
    password_env: VariableName | None = Field(None, description="password: {env: NAME}")


def options_of(device: FenceDevice) -> dict[str, str | SecretSource]:
    """What the agent is given, the short forms for a password written out."""
    found: dict[str, str | SecretSource] = dict(device.__pydantic_extra__)
    if device.password_file is not None:
        found["password"] = SecretSource(file=device.password_file)
    elif device.password_env is not None:
        found["password"] = SecretSource(env=device.password_env)
    return found
