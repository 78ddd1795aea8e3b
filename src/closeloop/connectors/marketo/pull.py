"""Reading what changed: a first load, then rounds over three logs, each beginning a little before the last one began.

A round takes one paging token (a moment) and follows the log of changed leads, that of acts, and that of deletions to
their ends. Entries may become visible later than they are stamped, so the next round looks back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from closeloop.connectors.marketo import activities, refusals, scan
from closeloop.connectors.marketo.client import Params, Rest
from closeloop.connectors.marketo.cursor import BEGINNING, Cursor, only_news
from closeloop.connectors.marketo.leads import BATCH, Leads
from closeloop.connectors.marketo.shapes import Happening
from closeloop.ports import Pulled, Record
from closeloop.words.errors import Lost

LOOK_BACK = timedelta(minutes=5)
LOG_KEPT = timedelta(days=14)
"""The vendor keeps deletions for 14 days, changes of fields and page visits for 90, other acts for 25 months."""

_LOGS = ("activities/leadchanges.json", "activities.json", "activities/deletedleads.json")


def mark(rest: Rest) -> Cursor:
    """Where the reading stands when only what happens from now on is wanted."""
    return Cursor(rest.clock.now().replace(microsecond=0))


def load_page(rest: Rest, leads: Leads, cursor: Cursor | None, since: datetime | None, look_back: timedelta) -> Pulled:
    """One page of the first load: all leads, then the acts that are kept; the first round follows from its beginning.

    Args:
        rest: the instance.
        leads: its leads.
        cursor: of the load; None begins it.
        since: the day from which there are leads, if that was said.
        look_back: how far before the load's beginning the first round starts.
    """
    if cursor is None or cursor.load is None:
        place = scan.all_leads(since, rest)
        cursor = Cursor(place.until - look_back, load=place)
    else:
        place = cursor.load
    if place.kind == "leads":
        records, then = scan.next_leads(rest, leads, place)
        then = then or scan.all_acts(place)
    else:
        records, then = scan.next_acts(rest, place)
    news, cursor = only_news(cursor, records, cursor.since)
    after = replace(cursor, load=then) if then else Cursor(cursor.since, told=cursor.met)
    return Pulled(tuple(news), after.text(), more=True)


def pull_page(rest: Rest, leads: Leads, cursor: Cursor, look_back: timedelta, log_kept: timedelta = LOG_KEPT) -> Pulled:
    """One page of each log that has more. A token that the vendor no longer knows starts the round again.

    Raises:
        Lost: the round began so long ago that the vendor has thrown entries of its logs away since.
    """
    if cursor.began_at is None:
        cursor = _begin(rest, cursor, log_kept)
    try:
        return _page(rest, leads, cursor, look_back)
    except refusals.Refused as refused:
        if refused.code != refusals.BAD_VALUE:
            raise
        return _page(rest, leads, _begin(rest, cursor, log_kept), look_back)


def _begin(rest: Rest, cursor: Cursor, log_kept: timedelta) -> Cursor:
    stamp = cursor.since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    began_at = rest.clock.now()
    if began_at - cursor.since > log_kept:
        raise Lost(
            f"Marketo was last read up to {stamp}, and keeps its log of deletions for {log_kept.days} days: what "
            "was deleted or changed since can no longer be told; compare everything, then go on from a new mark"
        )
    token = rest.get("activities/pagingtoken.json", {"sinceDatetime": stamp}).next_page_token
    return replace(cursor, began_at=began_at, tokens=(token,) * len(_LOGS))


def _page(rest: Rest, leads: Leads, cursor: Cursor, look_back: timedelta) -> Pulled:
    wanted: tuple[Params, ...] = (
        {"fields": ",".join(leads.read_fields)},
        {"activityTypeIds": ",".join(map(str, activities.TYPES))},
        {},
    )
    readers: tuple[Callable[[list[Happening]], list[Record]], ...] = (
        lambda changed: leads.records("id", (str(change.lead_id) for change in changed)),
        activities.to_records,
        _deleted,
    )
    records: list[Record] = []
    tokens: list[str | None] = []
    for log, params, read, token in zip(_LOGS, wanted, readers, cursor.tokens, strict=True):
        page, after = _follow(rest, log, params, token)
        records += read(page)
        tokens.append(after)
    # The next round begins before this one began, not before it ended: a long round leaves no gap.
    next_since = max((cursor.began_at or rest.clock.now()) - look_back, BEGINNING)
    news, cursor = only_news(cursor, records, next_since)
    more = any(tokens)
    after_page = replace(cursor, tokens=tuple(tokens)) if more else Cursor(next_since, told=cursor.met)
    return Pulled(tuple(news), after_page.text(), more)


def _follow(rest: Rest, log: str, params: Params, token: str | None) -> tuple[list[Happening], str | None]:
    if token is None:
        return [], None
    reply = rest.get(log, {**params, "nextPageToken": token, "batchSize": BATCH})
    return reply.rows(Happening), reply.next_page_token if reply.more_result else None


def _deleted(page: list[Happening]) -> list[Record]:
    return [activities.to_deleted(happening) for happening in page]
