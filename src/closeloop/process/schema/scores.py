"""`scores`, `gate` and `route`: from a name to a lead, and to whom it goes first."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from closeloop.process.schema.base import Closed, Condition, Name, Points, Span, Text


class FitLine(Closed):
    """Points for what a person is."""

    when: Condition
    points: Points


class InterestLine(Closed):
    """Points for each touch of a kind, fading by halves; `at_most` caps the line when it is read."""

    on: Text
    when: Condition | None = None
    points: Points
    at_most: Annotated[Points, Field(gt=0)] | None = None
    half_life: Span | None = None


class ScoresPart(Closed):
    """Fit of the person, and interest for each product."""

    fit: list[FitLine] = Field(default_factory=list)
    interest: list[InterestLine] = Field(default_factory=list)


class HandOverPart(Closed):
    """Which CRM is given the lead, and what is told with it."""

    to: Text
    packet: list[Literal["profile", "score", "summary"]] = Field(default_factory=list)


class GatePart(Closed):
    """When a name becomes a lead. Without `hand_over` leads stay in the hub."""

    a_lead_is: list[Text] = Field(default_factory=lambda: ["person", "product", "region"])
    when: Condition
    unless: Condition | None = None
    needs: list[Name] = Field(default_factory=list)
    hand_over: HandOverPart | None = None


class RoutePart(Closed):
    """The first line that is true names the stage."""

    when: Condition | None = None
    to: Name
