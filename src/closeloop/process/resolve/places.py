"""Regions with their calendars, and what pages speak of."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from closeloop.process.document import At
from closeloop.process.nouns import ContentLine, Region
from closeloop.process.resolve.agreement import Agreement
from closeloop.process.resolve.sources import zone
from closeloop.process.resolve.tables import Row, read_rows
from closeloop.process.schema.places import CalendarPart
from closeloop.words.country import normalise_country
from closeloop.words.errors import BadInput
from closeloop.words.worktime import WorkCalendar, parse_holidays, parse_hours

CONTENT_COLUMNS = ("pattern", "product", "topic", "depth")
_ALWAYS = parse_hours("Mon-Sun 00:00-24:00")
_LONGEST_PATTERN, _MOST_STARS = 300, 5


def resolve_regions(agreement: Agreement) -> dict[str, Region]:
    """Every region; no country in two of them."""
    taken: dict[str, str] = {}
    regions: dict[str, Region] = {}
    for name, part in agreement.part.regions.items():
        at: At = ("regions", name)
        for index, country in enumerate(part.countries):
            _check_country(agreement, (*at, "countries", index), country, taken)
            taken.setdefault(country, name)
        regions[name] = Region(name, frozenset(part.countries), _calendar(agreement, (*at, "calendar"), part.calendar))
    return regions


def resolve_content(agreement: Agreement) -> tuple[ContentLine, ...]:
    """The lines of content.csv, in their order: the first that matches counts."""
    name = agreement.part.content
    text = agreement.table(("content",), name) if name is not None else None
    if name is None or text is None:
        return ()
    return tuple(_content(agreement, row) for row in read_rows(agreement.faults, name, text, CONTENT_COLUMNS))


def _check_country(agreement: Agreement, at: At, country: str, taken: Mapping[str, str]) -> None:
    if country in taken:
        agreement.faults.add(at, f"{country} is in region '{taken[country]}' already; valid is one region a country")
    elif normalise_country(country) != country:
        meant = normalise_country(country)
        hint = f"did you mean {meant}? " if meant else ""
        agreement.faults.add(at, f"'{country}' is no country; {hint}valid are the two letters of ISO 3166, such as DE")


def _calendar(agreement: Agreement, at: At, part: CalendarPart) -> WorkCalendar:
    try:
        hours = parse_hours(part.hours)
    except BadInput as error:
        agreement.faults.add((*at, "hours"), str(error))
        hours = _ALWAYS
    text = agreement.table((*at, "holidays"), part.holidays) if part.holidays is not None else None
    holidays: frozenset[date] = frozenset()
    if text is not None and part.holidays is not None:
        try:
            holidays = parse_holidays(text)
        except BadInput as error:
            line, what = _line_and_what(str(error))
            agreement.faults.add_in(part.holidays, line, what)
    return WorkCalendar(hours, zone(agreement, (*at, "zone"), part.zone), holidays)


def _line_and_what(said: str) -> tuple[int, str]:
    found = re.match(r"line ([0-9]+): ", said)
    return (int(found[1]), said[found.end() :]) if found else (0, said)


def _content(agreement: Agreement, row: Row) -> ContentLine:
    faults = agreement.faults
    pattern, product, depth = row["pattern"], row["product"] or None, row["depth"] or "0"
    if not pattern.startswith(("/", "*")) or len(pattern) > _LONGEST_PATTERN or pattern.count("*") > _MOST_STARS:
        what = f"'{pattern[:60]}' is no pattern; valid is a page's path with at most {_MOST_STARS} *, such as /robot/*"
        faults.add_in(row.file, row.line, what)
        pattern = "/"
    if product is not None and product not in agreement.part.products:
        faults.add_in(row.file, row.line, f"unknown product '{product}'; valid: {', '.join(agreement.part.products)}")
    if not re.fullmatch(r"[0-9]{1,3}", depth):
        faults.add_in(row.file, row.line, f"depth '{depth}' is no number; valid are 0 to 999")
        depth = "0"
    regex = ".*".join(re.escape(part) for part in re.split(r"\*+", pattern))
    return ContentLine(re.compile(rf"\A{regex}\Z", re.DOTALL), product, row["topic"] or None, int(depth))
