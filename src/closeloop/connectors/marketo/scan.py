"""Everything that is there: all leads, and the acts that the vendor still keeps, by bulk extract."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import msgspec

from closeloop.connectors.marketo import activities
from closeloop.connectors.marketo.client import Params, Rest
from closeloop.connectors.marketo.extract import Place, TextRow, next_rows
from closeloop.connectors.marketo.leads import BATCH, Leads, to_record
from closeloop.connectors.marketo.shapes import Attribute, Happening
from closeloop.ports import Pulled, Record
from closeloop.words.errors import Permanent, Transient
from closeloop.words.moment import parse

ACTS_KEPT = timedelta(days=760)
"""25 months, the vendor's retention of activities."""
VENDOR_BEGAN = datetime(2008, 1, 1, tzinfo=UTC)

_NEW_LEAD = 12
_SURELY_OLDER = ACTS_KEPT + timedelta(days=31)
_PATIENCE, _LONGEST_PAUSE = timedelta(hours=1), timedelta(minutes=1)
_MOST_PAGES = 20
"""Of the log, read for its first entry of a new lead."""
_ACTS: Mapping[str, object] = MappingProxyType(
    # Without `fields` the vendor gives all it has, the secondary attributes among them, which cannot be asked for.
    {"fields": None, "filter": {"activityTypeIds": list(activities.TYPES)}}
)


def all_leads(since: datetime | None, rest: Rest) -> Place:
    """Where the reading of all leads begins.

    Args:
        since: the day from which there are leads; None looks for the oldest entry of a new lead in the log.
        rest: the instance.
    """
    now = rest.clock.now().replace(microsecond=0)
    first = min(since or _oldest(rest, now), now)
    return Place("leads", first, first, now)


def all_acts(leads: Place) -> Place:
    """Where the reading of acts begins that the vendor still has, for leads that were read so."""
    first = max(leads.first, leads.until - ACTS_KEPT)
    return Place("activities", first, first, leads.until)


def next_leads(rest: Rest, leads: Leads, place: Place) -> tuple[list[Record], Place | None]:
    """The next leads of a window. Raises as `next_rows`."""
    rows, after = next_rows(rest, place, {"fields": leads.columns})
    return [to_record(leads.typed(row)) for row in rows], after


def next_acts(rest: Rest, place: Place) -> tuple[list[Record], Place | None]:
    """The next acts and merges of a window. Raises as `next_rows`."""
    rows, after = next_rows(rest, place, _ACTS)
    return activities.to_records([_happening(row) for row in rows]), after


def scan_page(
    rest: Rest, leads: Leads, since: datetime | None, after: str | None, pause: Callable[[float], object]
) -> Pulled:
    """One page of all leads, for `Connector.scan`; waits until its file is made, since who scans begins anew otherwise.

    Raises:
        Transient: the file was not made within an hour, or something else stands in the way.
    """
    place = all_leads(since, rest) if after is None else _read_place(after)
    until = rest.clock.now() + _PATIENCE
    while True:
        try:
            records, then = next_leads(rest, leads, place)
        except Transient as error:
            if error.retry_after is None or error.retry_after > _LONGEST_PAUSE or rest.clock.now() >= until:
                raise
            pause(error.retry_after.total_seconds())
            continue
        if records or then is None or not then.job:
            return Pulled(
                tuple(records), msgspec.json.encode(then or replace(place, job="")).decode(), then is not None
            )
        place = then


def _read_place(text: str) -> Place:
    try:
        return msgspec.json.decode(text, type=Place)
    except msgspec.DecodeError as error:
        raise Permanent(f"{text[:100]!r} is no place in a scan of Marketo's ({error}); begin without one") from None


def _oldest(rest: Rest, now: datetime) -> datetime:
    """The vendor says that it keeps entries of new leads for ever: believed where one is older than what else it keeps.

    Otherwise all its years are read, lest leads be missed: some 230 windows, most of them empty.
    """
    token = rest.get("activities/pagingtoken.json", {"sinceDatetime": VENDOR_BEGAN.isoformat()}).next_page_token
    for _ in range(_MOST_PAGES):
        asked: Params = {"activityTypeIds": _NEW_LEAD, "batchSize": BATCH, "nextPageToken": token or ""}
        reply = rest.get("activities.json", asked)
        if made := [parse(one.activity_date) for one in reply.rows(Happening)]:
            # The entry may be stamped after the lead.
            oldest = min(made) - timedelta(days=1)
            return oldest if now - oldest > _SURELY_OLDER else VENDOR_BEGAN
        if not reply.more_result:
            break
        token = reply.next_page_token
    return VENDOR_BEGAN


def _happening(row: TextRow) -> Happening:
    said = json.loads(_text(row.get("attributes")) or "{}")
    value_id = _text(row.get("primaryAttributeValueId"))
    return Happening(
        lead_id=int(row["leadId"]),
        activity_date=row["activityDate"],
        activity_type_id=int(row["activityTypeId"]),
        marketo_guid=row["marketoGUID"],
        primary_attribute_value=_text(row.get("primaryAttributeValue")),
        primary_attribute_value_id=int(value_id) if value_id and value_id.isdigit() else None,
        attributes=tuple(Attribute(name, value) for name, value in said.items()) if isinstance(said, dict) else (),
    )


def _text(value: str | None) -> str | None:
    return None if value in (None, "", "null") else value
