"""No gap stays hidden: what a system holds is compared with what the hub believes, and every difference is taken in.

Counts first, where the system gives them; then every record, of which only those that differ go down the road, like
changes that it told of. A cursor that was lost is healed the same way.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import structlog

from closeloop.flow import Hub, unheard
from closeloop.inbox.fields import fields_of
from closeloop.inbox.store import MOST_BYTES
from closeloop.outbox import store as outbox_store
from closeloop.outbox.echo import news_of
from closeloop.outbox.nouns import Compared
from closeloop.outbox.store import compares as compare_store
from closeloop.ports import Connector, Entity, Record, Ref
from closeloop.record.builtin import ENTITY_OF_OBJECT
from closeloop.words import ids
from closeloop.words.errors import Lost

log = structlog.get_logger()
BULK = 4
"""Receipts of the bulk queue decided together, each of up to 500 rows."""
_PAGE = 500
Told = Callable[[int], None]


def listen(hub: Hub, source: str, end: Connector, on_page: Told = unheard) -> int:
    """Read what changed; when the system no longer knows since when, compare everything and go on from now.

    Raises:
        Transient, Permanent: the system cannot be read.
    """
    try:
        return hub.listen(source, end, on_page)
    except Lost as lost:
        log.warning("a cursor was lost", source=source, error=str(lost))
        return heal(hub, source, end, str(lost), on_page)


def decide_all(hub: Hub, on_decided: Told = unheard, *, in_small_parts: bool = True) -> None:
    """Decide all that waits, in both queues.

    Args:
        in_small_parts: False where nobody waits to write, and what comes later should change little that came before.
    """
    most = MOST_BYTES if in_small_parts else sys.maxsize
    while n := hub.decide("live", most_bytes=most) + hub.decide("bulk", BULK):
        on_decided(n)


def heal(hub: Hub, source: str, end: Connector, why: str, on_page: Told) -> int:
    """Compare everything in place of a cursor that is lost; returns how many records differed.

    What changes while it is compared is told after the new cursor, which is taken first.
    """
    mark = end.mark()
    found = [compare(hub, source, end, name, why, on_page) for name in end.objects()]
    hub.reads_on(source, mark)
    return sum(each.n_unknown + each.n_gone + each.n_changed for each in found)


def compare(
    hub: Hub, source: str, end: Connector, object_name: str, why: str, on_page: Told, *, counts_only: bool = False
) -> Compared:
    """Compare every record of one object, and take in those that differ.

    What waits must be decided first, lest it counts as a difference; `hub.decide` does that.

    Args:
        counts_only: be content when both sides have as many.

    Raises:
        Transient, Permanent: the system cannot be read.
    """
    began_at = hub.now()
    with hub.database.read() as connection:
        here = compare_store.living_ids(connection, source, object_name)
    id_ = ids.new(began_at)
    if counts_only and end.count(object_name) == len(here):
        compared = Compared(id_, source, object_name, why, len(here), len(here), 0, 0, 0, whole=False)
    else:
        compared = _whole(hub, source, end, object_name, why, on_page, here, id_)
    with hub.database.write() as connection:
        compare_store.save_compared(connection, compared, began_at, hub.now())
    return compared


def compare_when_due(hub: Hub, source: str, end: Connector, every: timedelta) -> int:
    """Compare a system that was not compared for so long, while nothing else is to be done; returns 1 if it was."""
    now = hub.now()
    with hub.database.read() as connection:
        latest = compare_store.last_compared(connection, source)
    if (latest is not None and now - latest < every) or not hub.was_read(source) or hub.n_waiting():
        return 0
    for name in end.objects():
        compare(hub, source, end, name, "on schedule", unheard)
    return 1


def _whole(
    hub: Hub,
    source: str,
    end: Connector,
    object_name: str,
    why: str,
    on_page: Told,
    here: set[str],
    id_: str,
) -> Compared:
    seen: set[str] = set()
    n_unknown = n_changed = 0
    for page in _pages(end, object_name):
        fresh = [record for record in page if record.id not in seen]
        seen |= {record.id for record in fresh}
        differing = _differing(hub, source, fresh)
        n_unknown += sum(1 for record in differing if record.id not in here)
        n_changed += sum(1 for record in differing if record.id in here)
        hub.heard(source, differing)
        on_page(len(page))
    gone = _gone(end, object_name, sorted(here - seen), hub.now())
    hub.heard(source, gone)
    return Compared(id_, source, object_name, why, len(seen), len(here), n_unknown, len(gone), n_changed)


def _pages(end: Connector, object_name: str) -> Iterator[Sequence[Record]]:
    after, more = None, True
    while more:
        page = end.scan(object_name, after)
        yield page.records
        after, more = page.cursor, page.more


def _differing(hub: Hub, source: str, records: Sequence[Record]) -> list[Record]:
    with hub.database.read() as connection:
        keys = [(source, record.object, record.id) for record in records]
        shadows = outbox_store.load_shadows(connection, keys) if keys else {}
    named = fields_of(hub.process).of(source)
    return [record for record in records if news_of(record, shadows.get((source, record.object, record.id)), named)]


def _gone(end: Connector, object_name: str, missing: Sequence[str], now: datetime) -> list[Record]:
    """Those of the missing that are truly not there: some were made or came back while the others were listed."""
    entity = _entities(end).get(object_name, "person")
    gone: list[Record] = []
    for at in range(0, len(missing), _PAGE):
        refs = [Ref(object_name, id_) for id_ in missing[at : at + _PAGE]]
        found = end.fetch(refs)
        gone += [found.get(ref) or Record(object_name, ref.id, entity, now, deleted=True) for ref in refs]
    return [record for record in gone if record.deleted or record.became]


def _entities(end: Connector) -> Mapping[str, Entity]:
    return {**ENTITY_OF_OBJECT, **{shape.object: shape.entity for shape in end.discover()}}
