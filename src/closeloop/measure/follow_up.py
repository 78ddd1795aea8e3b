"""Follow-up against the agreed time: who responded in time, who late, who has not yet, and how fast."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from statistics import median
from typing import Literal

from sqlalchemy import RowMapping, text

from closeloop.measure.definitions import FOLLOW_UP
from closeloop.measure.nouns import Asked, Column, Report, Row, share
from closeloop.process.nouns import Process
from closeloop.words.moment import from_us, to_us

_ASSIGNMENTS = text("""
    SELECT stage, owner, region, status, assigned_at, respond_by, responded_at, late_at, next_no
    FROM v_assignments WHERE owner IS NOT NULL""")

Followed = Literal["in time", "late", "waiting", "moved on"]


def followed_up(assignment: RowMapping, now_us: int) -> Followed:
    """How one assignment was followed up (a row of v_assignments), as of `now_us`."""
    late_at, responded_at, respond_by = assignment["late_at"], assignment["responded_at"], assignment["respond_by"]
    if responded_at is not None:
        was_late = late_at is not None and late_at <= responded_at
        return "late" if was_late or (respond_by is not None and responded_at > respond_by) else "in time"
    if late_at is not None:
        return "late"
    if assignment["next_no"] is not None or assignment["status"] not in ("open", "nurturing"):
        return "moved on"
    return "late" if respond_by is not None and respond_by <= now_us else "waiting"


def _rows(asked: Asked) -> list[Row]:
    by_owner: dict[tuple[str, str], list[RowMapping]] = defaultdict(list)
    for assignment in asked.connection.execute(_ASSIGNMENTS).mappings():
        by_owner[assignment["stage"], assignment["owner"]].append(assignment)
    order = {stage: place for place, stage in enumerate(asked.process.stages)}
    keys = sorted(by_owner, key=lambda key: (order.get(key[0], len(order)), *key))
    return [_row(stage, owner, by_owner[stage, owner], asked) for stage, owner in keys]


def _row(stage: str, owner: str, given: list[RowMapping], asked: Asked) -> Row:
    kinds = [followed_up(assignment, to_us(asked.now)) for assignment in given]
    in_time, late = kinds.count("in time"), kinds.count("late")
    minutes = [
        _minutes(stage, assignment, asked.process) for assignment in given if assignment["responded_at"] is not None
    ]
    return (
        stage, owner, _agreed(stage, asked.process), len(given), in_time, late, kinds.count("waiting"),
        kinds.count("moved on"), share(in_time, in_time + late), round(median(minutes), 1) if minutes else None,
    )  # fmt: skip


def _minutes(stage: str, assignment: RowMapping, process: Process) -> float:
    start, end = from_us(assignment["assigned_at"]), from_us(assignment["responded_at"])
    declared, region = process.stages.get(stage), process.regions.get(assignment["region"])
    if region and declared and declared.respond and declared.respond.working:
        return region.calendar.working_between(start, end) / timedelta(minutes=1)
    return (end - start) / timedelta(minutes=1)


def _agreed(stage: str, process: Process) -> str | None:
    declared = process.stages.get(stage)
    return declared.respond.text if declared and declared.respond else None


REPORT = Report(
    "Are leads followed up in the agreed time?",
    FOLLOW_UP,
    (
        Column("stage", "", "where the lead was"),
        Column("owner", "", "who had it"),
        Column("agreed", "", "the agreed time to respond"),
        Column("given", "count", "leads given to this owner in this stage, each time"),
        Column("in_time", "count", "responded before the clock ran out"),
        Column("late", "count", "responded too late, taken away for it, or overdue now"),
        Column("waiting", "count", "clock still running"),
        Column("moved_on", "count", "passed on or ended by somebody else before the clock ran out"),
        Column("in_time_rate", "%", "`in_time` of `in_time` and `late`"),
        Column(
            "median_minutes", "minutes", "median time to respond: working time where that is agreed, else plain time"
        ),
    ),
    _rows,
)
