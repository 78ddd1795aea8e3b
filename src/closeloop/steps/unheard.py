"""What a vendor reports that it was known to hold is an echo, mostly of our own, and goes no further."""

from __future__ import annotations

import json
from collections.abc import Collection

from closeloop.inbox import store as inbox_store
from closeloop.inbox.fields import fields_of
from closeloop.inbox.records import UNDER_WAY
from closeloop.outbox import store as outbox_store
from closeloop.outbox.echo import (
    emptied,
    is_over,
    is_overtaken,
    news_of,
    not_ours,
    only_news,
    pointed_before,
    set_back,
    shadow_of,
    was_read,
)
from closeloop.outbox.nouns import ShadowKey
from closeloop.outbox.overruled import with_set_back
from closeloop.outbox.store import unsent
from closeloop.ports import Command
from closeloop.steps.batch import Batch


def drop_echoes(batch: Batch) -> None:
    """outbox: a record that holds what we wrote, or what it held before, is an echo and goes no further."""
    records = {
        (message.source, message.record.object, message.record.id)
        for message in batch.messages
        if message.record is not None
    }
    if not records:
        return
    shadows = dict(outbox_store.load_shadows(batch.connection, records))
    under_way = _under_way(batch, records)
    going_on = []
    for message in batch.messages:
        record = message.record
        if record is None or record.entity == "activity":
            going_on.append(message)
            continue
        key = (message.source, record.object, record.id)
        if is_overtaken(record, shadows.get(key)):
            going_on.append(only_news(message, frozenset(record.fields), shadows.get(key)))
            continue
        named = fields_of(batch.process).of(message.source)
        news = news_of(record, shadows.get(key), named)
        if news:
            news = not_ours(record, news, under_way.get(message.id, ()), named)
        if is_over(record, shadows.get(key)):
            news = frozenset()
        if not was_read(shadows.get(key)):
            batch.first_read.add(message.id)
        if news:
            batch.news[message.id] = news
            taken_out = emptied(record, shadows.get(key))
            batch.emptied[message.id] = {name: read for name, read in taken_out.items() if name in news}
            going_on.append(only_news(message, news, shadows.get(key)))
        else:
            batch.echoes.append(message)
        before = shadows.get(key, {})
        ours_gone = set_back(record, news, before, named)
        marks = with_set_back(before, ours_gone, batch.now, batch.process.loops.within)
        batch.pointed_before[message.id] = pointed_before(record, before)
        shadows[key] = {**before, **shadow_of(record), **marks}
    outbox_store.save_shadows(batch.connection, shadows)
    batch.messages = going_on


def _under_way(batch: Batch, records: Collection[ShadowKey]) -> dict[str, list[Command]]:
    """Message → what was sent to its record when it was read, and is not answered: kept with what was read."""
    writing = _unanswered(batch, records)
    found: dict[str, list[Command]] = {}
    for message in batch.messages if writing else ():
        if (record := message.record) is not None:
            name = (message.source, record.object)
            ours = [*writing.get((*name, record.id), ()), *writing.get((*name, record.our_key or ""), ())]
            if ours:
                found[message.id] = ours
    receipt_of = {message.id: message.receipt_id for message in batch.messages if message.id in found}
    receipts = inbox_store.load_receipts(batch.connection, sorted(set(receipt_of.values())))
    sent = {id_: set(json.loads(each.headers.get(UNDER_WAY, "[]"))) for id_, each in receipts.items()}
    return {id_: [each for each in ours if each.key in sent[receipt_of[id_]]] for id_, ours in found.items()}


def _unanswered(batch: Batch, records: Collection[ShadowKey]) -> dict[ShadowKey, list[Command]]:
    """Record, or key of ours for one that is to be made → what nobody answered yet that writes to it."""
    named = {
        record.our_key.partition("/")[0]
        for message in batch.messages
        if (record := message.record) is not None and record.our_key is not None
    }
    roots = {*outbox_store.whose(batch.connection, records).values(), *named}
    found: dict[ShadowKey, list[Command]] = {}
    for theirs in (unsent.load_unanswered(batch.connection, roots) if roots else {}).values():
        for planned in (each.planned for each in theirs):
            command = planned.command
            id_ = command.ref.id if command.ref is not None else command.our_key
            if id_ is not None and command.fields:
                found.setdefault((planned.source, command.object, id_), []).append(command)
    return found
