"""Reading what changed: rounds over the objects, one page a call, each round beginning a little before the last began.

A list that is in order of change is asked for anew from the last moment seen, not for its next page: a record that is
edited meanwhile moves to the end of the list and would pull an unread one onto a page that was read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from closeloop.declared.rest.cursor import BEGINNING, Cursor, only_news, read_cursor
from closeloop.declared.rest.listing import Listed, Listing, since_of
from closeloop.declared.seen import digest, pack, unpack
from closeloop.ports import Clock, Pulled

LOOK_BACK = timedelta(minutes=5)

_FINEST = timedelta(seconds=1)
"""Vendors keep whole seconds and differ on whether "after" includes the moment itself: one second earlier is asked."""

Listings = Mapping[str, Listing]


def pull_page(listings: Listings, cursor: Cursor, look_back: timedelta, clock: Clock) -> Pulled:
    """One page of the object whose turn it is."""
    if cursor.turn not in listings:
        cursor = _turn(cursor, next(iter(listings)), clock)
    listing = listings[cursor.turn]
    if listing.calls.since is None:
        pulled, cursor = _by_digest(listing, cursor)
    else:
        pulled, cursor = _by_moment(listing, cursor, look_back)
    if pulled.more:
        return Pulled(pulled.records, cursor.text(), more=True)
    cursor = _finished(cursor, listing, look_back)
    names = list(listings)
    after = names[names.index(cursor.turn) + 1 :]
    if after:
        return Pulled(pulled.records, _turn(cursor, after[0], clock).text(), more=True)
    over = replace(cursor, turn="", began_at=None, told=cursor.met, met={})
    return Pulled(pulled.records, over.text(), more=False)


def cursor_now(listings: Listings, look_back: timedelta, clock: Clock) -> str:
    """A cursor from which only later changes are told: what stands now is read and remembered as told."""
    now = clock.now()
    cursor = Cursor(since=dict.fromkeys(listings, now - look_back))
    while True:
        pulled = pull_page(listings, cursor, look_back, clock)
        if not pulled.more:
            return pulled.cursor
        cursor = read_cursor("this system", pulled.cursor)


def _turn(cursor: Cursor, name: str, clock: Clock) -> Cursor:
    low = cursor.since.get(name, BEGINNING)
    return replace(cursor, turn=name, began_at=clock.now(), low=low, token=None, edge={})


def _by_moment(listing: Listing, cursor: Cursor, look_back: timedelta) -> tuple[Pulled, Cursor]:
    low = cursor.low or BEGINNING
    page = listing.page_of(cursor.token, low - _FINEST)
    highest = max((at for row in page.rows if (at := since_of(listing, row))), default=low)
    if not listing.calls.since_ordered:
        highest = low
    news, cursor = only_news(cursor, listing.records(page.rows), look_back, highest - _FINEST)
    if highest > low:
        kept = {name: cursor.edge[name] for name in cursor.edge if name in _names(listing, page, highest)}
        cursor = replace(cursor, low=highest, token=None, edge=kept)
    else:
        cursor = replace(cursor, token=page.after)
    return Pulled(tuple(news), "", more=page.after is not None), cursor


def _names(listing: Listing, page: Listed, highest: datetime) -> set[str]:
    """The records of a page that the next one will show again."""
    records = [listing.record(row) for row in page.rows]
    return {f"{one.object} {one.id}" for one in records if one.changed_at >= highest - _FINEST}


def _by_digest(listing: Listing, cursor: Cursor) -> tuple[Pulled, Cursor]:
    name = listing.declared.name
    page = listing.page_of(cursor.token)
    seen, fresh = unpack(cursor.seen.get(name, "")), unpack(cursor.fresh.get(name, ""))
    # Columns that are not declared may change with every look, such as a count of visits.
    read = None if listing.declared.fields is None else set(listing.declared.columns)
    marks = [digest({name: row[name] for name in row if read is None or name in read}) for row in page.rows]
    changed = [row for row, mark in zip(page.rows, marks, strict=True) if mark not in seen and mark not in fresh]
    cursor = replace(cursor, token=page.after, fresh={**cursor.fresh, name: pack(fresh.union(marks))})
    return Pulled(listing.records(changed), "", more=page.after is not None), cursor


def _finished(cursor: Cursor, listing: Listing, look_back: timedelta) -> Cursor:
    """The object's reading is over: the next one begins before this one began, so that a long round leaves no gap."""
    name = listing.declared.name
    if listing.calls.since is None:
        fresh = dict(cursor.fresh)
        return replace(cursor, seen={**cursor.seen, name: fresh.pop(name, "")}, fresh=fresh)
    return replace(cursor, since={**cursor.since, name: (cursor.began_at or BEGINNING) - look_back})
