"""The people of team.csv: each in one team (a stage), for regions and products."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from closeloop.process.faults import unknown
from closeloop.process.nouns import Member
from closeloop.process.resolve.agreement import Agreement
from closeloop.process.resolve.tables import Row, read_rows
from closeloop.words import moment
from closeloop.words.email import is_valid_email
from closeloop.words.errors import BadInput

COLUMNS = ("name", "user", "email", "team", "region", "product", "capacity", "away_from", "away_to")
_LARGEST_CAPACITY = 10_000


def resolve_people(agreement: Agreement) -> tuple[Member, ...]:
    """Every row; names and CRM users are each there once, and every stage has somebody for each lead."""
    text = agreement.table(("people",), agreement.part.people)
    if text is None:
        return ()
    members: list[Member] = []
    n_faults = len(agreement.faults)
    seen: dict[tuple[str, str], int] = {}
    for row in read_rows(agreement.faults, agreement.part.people, text, COLUMNS):
        for column in ("name", "user"):
            first = seen.setdefault((column, row[column]), row.line)
            if not row[column]:
                agreement.faults.add_in(row.file, row.line, f"no {column}; it must be there")
            elif first != row.line:
                agreement.faults.add_in(row.file, row.line, f"the {column} '{row[column]}' is on line {first} already")
        members.append(_member(agreement, row))
    if len(agreement.faults) == n_faults:
        _check_cover(agreement, members)
    return tuple(members)


def _member(agreement: Agreement, row: Row) -> Member:
    part = agreement.part
    if not is_valid_email(row["email"]):
        agreement.faults.add_in(
            row.file, row.line, f"'{row['email']}' is no e-mail address; valid is such as sato@ours.example"
        )
    teams = [name for name, stage in part.stages.items() if stage.owner]
    if row["team"] not in teams:
        agreement.faults.add_in(row.file, row.line, unknown("team", row["team"], teams) + " (a stage with an owner)")
    regions = _several(agreement, row, "region", list(part.regions))
    return Member(
        name=row["name"], user=row["user"], email=row["email"], team=row["team"], regions=regions,
        products=_several(agreement, row, "product", part.products), capacity=_capacity(agreement, row),
        away_from=_away(agreement, row, "away_from", regions), away_to=_away(agreement, row, "away_to", regions),
    )  # fmt: skip


def _several(agreement: Agreement, row: Row, column: str, valid: list[str]) -> frozenset[str]:
    if row[column] == "*":
        return frozenset(valid)
    names = [name.strip() for name in row[column].split("|")]
    for name in names:
        if name not in valid:
            agreement.faults.add_in(row.file, row.line, unknown(column, name, [*valid, "*"]))
    return frozenset(names)


def _capacity(agreement: Agreement, row: Row) -> int:
    if row["capacity"].isascii() and row["capacity"].isdigit() and len(row["capacity"]) <= 5:
        capacity = int(row["capacity"])
        if capacity <= _LARGEST_CAPACITY:
            return capacity
    what = f"capacity '{row['capacity'][:20]}' is no number of open leads; valid are 0 to {_LARGEST_CAPACITY}"
    agreement.faults.add_in(row.file, row.line, what)
    return 0


def _away(agreement: Agreement, row: Row, column: str, regions: frozenset[str]) -> datetime | None:
    text = row[column]
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        try:
            return moment.parse(text)
        except BadInput:
            what = f"{column} '{text[:40]}' is neither a day nor a moment; valid are 2026-08-01 or 2026-08-01T12:00:00Z"
            agreement.faults.add_in(row.file, row.line, what)
            return None
    # Days are those of the first region of the member; the last day away counts in full.
    home = next((part for name, part in agreement.part.regions.items() if name in regions), None)
    try:
        zone = ZoneInfo(home.calendar.zone if home else "UTC")
        end = timedelta(days=1 if column == "away_to" else 0)
        return datetime.combine(day + end, time(0), zone).astimezone(UTC)
    except (KeyError, ValueError, OverflowError, OSError):
        return None


def _check_cover(agreement: Agreement, members: list[Member]) -> None:
    part = agreement.part
    for stage, stage_part in part.stages.items():
        if not stage_part.owner:
            continue
        team = [member for member in members if member.team == stage and member.capacity > 0]
        for region in part.regions:
            for product in part.products:
                if not any(region in member.regions and product in member.products for member in team):
                    at = ("stages", stage, "owner")
                    agreement.faults.add(at, f"nobody in {part.people} takes product '{product}' in region '{region}'")
