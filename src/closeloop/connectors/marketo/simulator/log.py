"""The simulated activity log: entries stamped to the second, read in pages by a token that is a place in time."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from closeloop.ports import Clock, Value

PAGE = 300

NEW_LEAD, DATA_VALUE, MERGE_LEADS, DELETE_LEAD = 12, 13, 32, 37

_KEPT = {1: timedelta(days=90), DATA_VALUE: timedelta(days=90), DELETE_LEAD: timedelta(days=14)}
_OTHERS_KEPT = timedelta(days=760)
"""The vendor's retention: page visits and changes of fields 90 days, deletions 14; new leads are kept for ever."""


@dataclass(frozen=True, slots=True)
class Change:
    """One field that changed."""

    field: str
    old: Value
    new: Value


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the log; `visible_at` may lie after `at`, its stamp."""

    id: int
    type_id: int
    lead_id: int
    at: datetime
    visible_at: datetime
    primary: str | None = None
    primary_id: int | None = None
    attributes: tuple[tuple[str, Value], ...] = ()
    changes: tuple[Change, ...] = ()

    @property
    def place(self) -> tuple[int, int]:
        """Where it stands in the log; entries of one second stand by their ids."""
        return int(self.at.timestamp()), self.id


class BadToken(Exception):
    """A paging token that was not given out here."""


class Log:
    """All entries.

    Attributes:
        delay: from stamp to visibility, for what is recorded while it is set.
        keeps_new_leads: entries of new leads are kept for ever, as the vendor says.
    """

    def __init__(self, clock: Clock, lag: Callable[[], timedelta]) -> None:
        self._clock, self._lag = clock, lag
        self._entries: list[Entry] = []
        self._n_recorded = 0
        self.delay = timedelta(0)
        self.keeps_new_leads = True

    def record(
        self,
        type_id: int,
        lead_id: int,
        primary: str | None = None,
        *,
        primary_id: int | None = None,
        attributes: tuple[tuple[str, Value], ...] = (),
        changes: tuple[Change, ...] = (),
    ) -> Entry:
        """Write an entry, now."""
        self._n_recorded += 1
        now = self._clock.now()
        at = now.replace(microsecond=0)
        given = tuple((name, value) for name, value in attributes if value is not None)
        entry = Entry(self._n_recorded, type_id, lead_id, at, now + self.delay, primary, primary_id, given, changes)
        self._entries.append(entry)
        return entry

    def reassign(self, loser: int, winner: int) -> None:
        """Give the history of a merged lead to the winner."""
        self._entries = [replace(one, lead_id=winner) if one.lead_id == loser else one for one in self._entries]

    def between(self, begin: datetime, end: datetime) -> list[Entry]:
        """What is there of these seconds, both included, as a reader sees it."""
        return [one for one in self._visible() if begin <= one.at <= end]

    def page(self, token: str, types: Collection[int], size: int) -> tuple[list[Entry], str, bool]:
        """The entries of these types among the next `size` of any type, the token after them, and whether more follow.

        As at the vendor, a page may therefore be empty while more follow.

        Raises:
            BadToken: the token is not ours.
        """
        place = _place(token)
        ahead = sorted((one for one in self._visible() if one.place > place), key=lambda one: one.place)
        window = ahead[:size]
        after = window[-1].place if window else place
        return [one for one in window if one.type_id in types], _token(after), len(ahead) > size

    def _visible(self) -> list[Entry]:
        horizon = self._clock.now() - self._lag()
        return [one for one in self._entries if one.visible_at <= horizon and self._keeps(one)]

    def _keeps(self, entry: Entry) -> bool:
        if entry.type_id == NEW_LEAD and self.keeps_new_leads:
            return True
        return self._clock.now() - entry.at <= _KEPT.get(entry.type_id, _OTHERS_KEPT)


def token_for(since: datetime) -> str:
    """The token from which entries stamped at `since` or later are read."""
    return _token((int(since.timestamp()), 0))


def _token(place: tuple[int, int]) -> str:
    return base64.b32encode(json.dumps(place).encode()).decode().rstrip("=") + "===="


def _place(token: str) -> tuple[int, int]:
    bare = token.rstrip("=")
    try:
        second, entry_id = json.loads(base64.b32decode(bare + "=" * (-len(bare) % 8)))
    except (binascii.Error, ValueError, TypeError) as error:
        raise BadToken(token) from error
    return int(second), int(entry_id)
