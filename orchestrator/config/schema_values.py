"""The kinds of values in group definitions, as pydantic types; `schema` is made of them."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, PlainValidator, WithJsonSchema
from pydantic.functional_validators import AfterValidator

from orchestrator.config import quantities, values

DURATION_SCHEMA = {"type": "string", "pattern": f"^{quantities.DURATION.pattern}$"}

Name = Annotated[str, AfterValidator(values.safe_name)]
Text = Annotated[str, AfterValidator(values.not_empty)]
AbsolutePath = Annotated[str, AfterValidator(values.absolute)]
Duration = Annotated[
    float, PlainValidator(quantities.positive_duration), WithJsonSchema(DURATION_SCHEMA)
]
DurationOrZero = Annotated[
    float, PlainValidator(quantities.duration), WithJsonSchema(DURATION_SCHEMA)
]
InterfaceName = Annotated[str, AfterValidator(values.interface_name)]


def form_of(value: Any) -> str:
    """Which of two forms a person chose. The brackets mark it as no part of the YAML path."""
    return "(mapping)" if isinstance(value, (dict, BaseModel)) else "(word)"


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)
