"""Reading what changed: rounds over three logs, each round beginning a little before the last one began.

A round takes one paging token (a moment) and follows the log of changed leads, that of acts, and that of deletions to
their ends. Entries may become visible later than they are stamped, so the next round looks back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, timedelta

from closeloop.connectors.marketo import activities, refusals
from closeloop.connectors.marketo.client import Params, Rest
from closeloop.connectors.marketo.cursor import BEGINNING, Cursor, only_news
from closeloop.connectors.marketo.leads import BATCH, Leads
from closeloop.connectors.marketo.shapes import Happening
from closeloop.ports import Pulled, Record

LOOK_BACK = timedelta(minutes=5)

_LOGS = ("activities/leadchanges.json", "activities.json", "activities/deletedleads.json")


def pull_page(rest: Rest, leads: Leads, cursor: Cursor, look_back: timedelta) -> Pulled:
    """One page of each log that has more. A token that the vendor no longer knows starts the round again."""
    if cursor.began_at is None:
        cursor = _begin(rest, cursor)
    try:
        return _page(rest, leads, cursor, look_back)
    except refusals.Refused as refused:
        if refused.code != refusals.BAD_VALUE:
            raise
        return _page(rest, leads, _begin(rest, cursor), look_back)


def _begin(rest: Rest, cursor: Cursor) -> Cursor:
    stamp = cursor.since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    began_at = rest.clock.now()
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
        _acts,
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


def _acts(page: list[Happening]) -> list[Record]:
    merged = [loser for happening in page for loser in activities.to_merged(happening)]
    return merged + [touch for touch in map(activities.to_touch, page) if touch is not None]


def _deleted(page: list[Happening]) -> list[Record]:
    return [activities.to_deleted(happening) for happening in page]
