"""One person's messages found in everything that ever came in, and taken out of it."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, bindparam, or_, select, update

from closeloop.db import among
from closeloop.inbox.nouns import Receipt
from closeloop.inbox.records import UNDER_WAY
from closeloop.inbox.store import batches, found_sent, messages, receipts
from closeloop.words.moment import from_us, to_us

_PAGE = 500
_SHORTEST = 6
"""Characters of a word that says whose a receipt is; a shorter one stands everywhere."""


class Kept(NamedTuple):
    """A message as it was kept."""

    id: str
    receipt_id: str
    position: int
    kind: str


def messages_of(connection: Connection, subjects: Sequence[str], prefixes: Sequence[str]) -> list[Kept]:
    """The messages about these entities, those whose ids begin so (echoes are about nobody), and all that clicks say.

    Reads every message once.
    """
    ends = [(prefix, prefix[:-1] + chr(ord(prefix[-1]) + 1)) for prefix in prefixes]
    ranges = [(messages.c.id >= prefix) & (messages.c.id < end) for prefix, end in ends]
    wanted = or_(among(messages.c.subject_id, subjects), messages.c.kind.in_(("click", "match")), *ranges)
    columns = (messages.c.id, messages.c.receipt_id, messages.c.position, messages.c.kind)
    return [Kept(*row) for row in connection.execute(select(*columns).where(wanted))]


def subjects_of(connection: Connection, message_ids: Sequence[str]) -> dict[str, str]:
    """Message → whom it turned out to be about, for those that were about somebody."""
    statement = select(messages.c.id, messages.c.subject_id).where(among(messages.c.id, message_ids))
    return dict(connection.execute(statement.where(messages.c.subject_id.is_not(None))).all())


def receipts_with(connection: Connection, words: Iterable[str]) -> list[str]:
    """The receipts in which one of these words stands, in whatever case. Reads every receipt once."""
    parts = sorted({each for word in words if len(word) >= _SHORTEST for each in (word, _quoted(word))})
    if not parts:
        return []
    pattern = re.compile("|".join(re.escape(each) for each in parts).encode(), re.IGNORECASE)
    everything = select(receipts.c.id, receipts.c.headers, receipts.c.body).where(receipts.c.door != "process")
    rows = connection.execute(everything.execution_options(yield_per=_PAGE))
    return [id_ for id_, headers, body in rows if pattern.search(body) or pattern.search(headers.encode())]


def rewrite(connection: Connection, changed: Sequence[Receipt]) -> None:
    """Keep these receipts as they are now; the only change that a receipt ever meets."""
    if changed:
        statement = update(receipts).where(receipts.c.id == bindparam("of"))
        connection.execute(
            statement.values(headers=bindparam("said"), body=bindparam("held")),
            [{"of": it.id, "said": msgspec.json.encode(it.headers).decode(), "held": it.body} for it in changed],
        )


def set_aside(connection: Connection, renamed: Mapping[str, str], reason: str) -> None:
    """These messages stay by their new ids, as set aside, and say nothing any more."""
    if renamed:
        said = {"kind": "unread", "state": "set_aside", "reason": reason, "flags": None, "subject_id": None}
        statement = update(messages).where(messages.c.id == bindparam("old"))
        connection.execute(
            statement.values(id=bindparam("new"), occurred_at=messages.c.received_at, **said),
            [{"old": old, "new": new} for old, new in sorted(renamed.items())],
        )


def about_nobody(connection: Connection, subjects: Sequence[str]) -> None:
    """What still stands about these entities, answers and clocks, is about nobody from now on."""
    statement = update(messages).where(among(messages.c.subject_id, subjects))
    connection.execute(statement.values(subject_id=None, reason=None, flags=None))


def without_words(connection: Connection, words: Collection[str]) -> None:
    """Where a message of somebody else was noted upon in these words, they go."""
    said = [messages.c.reason.contains(word, autoescape=True) for word in sorted(words)]
    if not said:
        return
    rows = [
        {"of": id_, "said": re.sub("|".join(map(re.escape, sorted(words))), "(erased)", reason)}
        for id_, reason in connection.execute(select(messages.c.id, messages.c.reason).where(or_(*said)))
    ]
    if rows:
        connection.execute(
            update(messages).where(messages.c.id == bindparam("of")).values(reason=bindparam("said")), rows
        )


def unname_sent(connection: Connection, keys: Collection[str]) -> None:
    """What a batch found sent says nothing of these commands any more."""
    for no, sent in found_sent(connection).items():
        if not sent.isdisjoint(keys):
            left = json.dumps(sorted(sent.difference(keys))) if sent.difference(keys) else None
            connection.execute(update(batches).where(batches.c.no == no).values(sent=left))


def speaking_of_commands(connection: Connection, since: datetime) -> Iterator[Receipt]:
    """The receipts from then on that may call commands by their keys."""
    may = or_(
        receipts.c.door.in_(("answer", "desk")), (receipts.c.door == "pull") & receipts.c.headers.contains(UNDER_WAY)
    )
    wanted = select(receipts).where(receipts.c.received_at >= to_us(since), may)
    for row in connection.execute(wanted.execution_options(yield_per=_PAGE)):
        headers = msgspec.json.decode(row.headers, type=dict[str, str])
        yield Receipt(row.id, row.source, row.door, "live", from_us(row.received_at), headers, row.body)


def rename(connection: Connection, renamed: Mapping[str, str]) -> None:
    """These messages stay as they are, by their new ids."""
    if renamed:
        statement = update(messages).where(messages.c.id == bindparam("old")).values(id=bindparam("new"))
        connection.execute(statement, [{"old": old, "new": new} for old, new in sorted(renamed.items())])


def _quoted(word: str) -> str:
    """As it stands in JSON."""
    return msgspec.json.encode(word).decode()[1:-1]
