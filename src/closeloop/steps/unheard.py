"""What a vendor reports that it was known to hold is an echo, mostly of our own, and goes no further."""

from __future__ import annotations

from closeloop.inbox.fields import fields_of
from closeloop.outbox import store as outbox_store
from closeloop.outbox.echo import is_overtaken, news_of, only_news, shadow_of, was_read
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
        news = news_of(record, shadows.get(key), fields_of(batch.process).of(message.source))
        if not was_read(shadows.get(key)):
            batch.first_read.add(message.id)
        if news:
            batch.news[message.id] = news
            going_on.append(only_news(message, news, shadows.get(key)))
        else:
            batch.echoes.append(message)
        shadows[key] = {**shadows.get(key, {}), **shadow_of(record)}
    outbox_store.save_shadows(batch.connection, shadows)
    batch.messages = going_on
