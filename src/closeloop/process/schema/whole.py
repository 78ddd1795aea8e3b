"""The process file as a whole."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from closeloop.process.schema.after import AlertPart, CustodyPart, FeedbackPart, ProgrammePart, SendBackPart
from closeloop.process.schema.base import Closed, Condition, Name, Table, Text
from closeloop.process.schema.fields import FieldsPart
from closeloop.process.schema.matching import MatchingPart
from closeloop.process.schema.own_records import OwnRecordPart
from closeloop.process.schema.places import CeilingPart, LoopsPart, RegionPart, SourcePart
from closeloop.process.schema.scores import GatePart, RoutePart, ScoresPart
from closeloop.process.schema.stages import Stages


class AgreedPart(Closed):
    """Who agreed, and when."""

    by: Annotated[list[Text], Field(min_length=1)]
    on: date


class ProcessFile(Closed):
    """The agreement between marketing and sales, in one version."""

    process: Name
    version: Annotated[int, Field(ge=1)]
    agreed: AgreedPart
    sources: Annotated[dict[Name, SourcePart], Field(min_length=1)]
    ceilings: dict[Name, CeilingPart] = Field(default_factory=dict)
    loops: LoopsPart = Field(default_factory=LoopsPart)
    regions: Annotated[dict[Name, RegionPart], Field(min_length=1)]
    people: Table
    products: Annotated[list[Name], Field(min_length=1)]
    content: Table | None = None
    records: dict[Name, OwnRecordPart] = Field(default_factory=dict)
    fields_: FieldsPart = Field(alias="fields")
    matching: MatchingPart = Field(default_factory=MatchingPart)
    facts: dict[Name, Condition] = Field(default_factory=dict)
    scores: ScoresPart = Field(default_factory=ScoresPart)
    gate: GatePart
    route: Annotated[list[RoutePart], Field(min_length=1)]
    stages: Stages
    send_back: dict[Name, SendBackPart] = Field(default_factory=dict)
    custody: CustodyPart
    feedback: FeedbackPart | None = None
    nurture: dict[Name, ProgrammePart] = Field(default_factory=dict)
    alerts: list[AlertPart] = Field(default_factory=list)
