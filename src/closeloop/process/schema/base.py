"""What all parts of the process file share: closed models, strict types, and spans of time."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from closeloop.words.duration import parse_duration
from closeloop.words.errors import BadInput


class Closed(BaseModel):
    """A part of the file: an unknown key or a value of another type is an error."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)


def _span(text: str) -> str:
    try:
        parse_duration(text)
    except BadInput as error:
        raise ValueError(str(error)) from None
    return text


Text = Annotated[str, Field(min_length=1)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
Condition = Annotated[str, Field(min_length=1, description="A condition in the rule language.")]
Table = Annotated[str, Field(pattern=r"^[^/\\]+\.csv$")]
Span = Annotated[str, AfterValidator(_span), Field(json_schema_extra={"pattern": r"^[0-9]{1,10}\s*[wdhms]$"})]
Count = Annotated[int, Field(ge=1, le=1_000)]
Points = Annotated[float, Field(ge=-10_000, le=10_000, allow_inf_nan=False)]
Scalar = str | int | float | bool
HeardAs = Annotated[dict[str, Annotated[list[Scalar], Field(min_length=1)]], Field(min_length=1)]
