"""`sources` and `regions`: where things come from, and where they happen."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from closeloop.process.schema.base import Closed, Condition, Count, Span, Table, Text
from closeloop.words.verbs import COUNTED

Ready = Literal["salesforce", "tryton", "marketo", "eloqua", "webform", "console"]
KINDS = ("salesforce", "tryton", "marketo", "eloqua", "sql", "folder", "rest", "webform", "console", "file")
TimeOrder = Literal["iso", "dmy", "mdy", "ymd"]


class PlainSource(Closed):
    """A source spelled out: {kind: salesforce}."""

    kind: Literal["salesforce", "tryton", "marketo", "eloqua", "console"]

    @model_validator(mode="before")
    @classmethod
    def _is_not_declared(cls, value: object) -> object:
        if isinstance(value, dict) and value.get("kind") == "eloqua" and "declared" in value:
            raise ValueError(
                "`declared` is not for a source of kind eloqua; hand the text of the declaration over as its setting: "
                'CLOSELOOP_<SOURCE>_DECLARED="$(cat eloqua.yaml)"'
            )
        return value


class DeclaredSource(Closed):
    """A system whose records a file beside this one declares; `role` says what it is to the business."""

    kind: Literal["sql", "folder", "rest"]
    declared: Annotated[str, Field(pattern=r"^[^/\\]+\.yaml$")]
    role: Literal["sales", "marketing", "other"] = "other"
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = None


class WebformSource(Closed):
    """The tracking door. `events`: name of a tracked event → touch kind, beside the usual ones."""

    kind: Literal["webform"]
    events: dict[str, str] = Field(default_factory=dict)


class FileSource(Closed):
    """Files that are imported: which column says what. `delimiter` and `encoding` are found when left out."""

    kind: Literal["file"]
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    encoding: Text | None = None
    key: list[Text] = Field(default_factory=list)
    time: Text | None = None
    time_order: TimeOrder = "iso"
    zone: Text = "UTC"
    values: dict[str, Text] = Field(default_factory=dict)
    visitor: Text | None = None
    person_per_row: bool = False
    touch: Text | None = None
    touch_column: Text | None = None
    touch_names: dict[str, str] = Field(default_factory=dict)
    props: dict[str, Text] = Field(default_factory=dict)
    columns: dict[str, Literal["text", "number"]] = Field(default_factory=dict)
    flags: dict[str, Condition] = Field(default_factory=dict)


_PLAIN = ("salesforce", "tryton", "marketo", "eloqua", "console")


def _which(value: object) -> str:
    kind = value.get("kind") if isinstance(value, dict) else getattr(value, "kind", None)
    if not isinstance(value, dict) and kind is None:
        return "name"
    # A kind that there is not becomes a branch that there is not, so that the error names it.
    if kind in ("sql", "folder", "rest"):
        return "declared"
    return "plain" if kind is None or kind in _PLAIN else str(kind)


SourcePart = Annotated[
    Annotated[Ready, Tag("name")]
    | Annotated[PlainSource, Tag("plain")]
    | Annotated[DeclaredSource, Tag("declared")]
    | Annotated[WebformSource, Tag("webform")]
    | Annotated[FileSource, Tag("file")],
    Discriminator(_which),
]


CeilingPart = Annotated[
    dict[str, Annotated[int, Field(ge=0)]], Field(json_schema_extra={"propertyNames": {"enum": list(COUNTED)}})
]
"""How much a plan may do to one system: lines of each kind, and calls; more is not carried out."""


class LoopsPart(Closed):
    """A field that a system set back `after` times `within` a span is not written there any more; a person is told."""

    after: Count = 5
    within: Span = "1d"


class CalendarPart(Closed):
    """When people of a region work: hours "Mon-Fri 09:00-18:00", an IANA zone, a table of holidays."""

    hours: Text
    zone: Text
    holidays: Table | None = None


class RegionPart(Closed):
    """Countries (two letters) that share rules and a calendar."""

    countries: Annotated[list[Text], Field(min_length=1)]
    calendar: CalendarPart
