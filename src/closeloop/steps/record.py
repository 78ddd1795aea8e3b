"""Every value that was stated is kept with its source and time, and the winners are settled for those concerned."""

from __future__ import annotations

from closeloop.inbox.nouns import Message
from closeloop.record import store as record_store
from closeloop.record.report import relate, report
from closeloop.steps.batch import Batch
from closeloop.steps.settle import settle


def record(batch: Batch) -> None:
    """record: every value is kept with its source and time; winners are resolved for those concerned."""
    values = []
    for message in batch.messages:
        if not message.values and message.id not in batch.who.relations:
            continue  # most acts state nothing
        entities = _entities(batch, message)
        values += report(message, entities, batch.process)
        subject, kind = (
            batch.who.subject.get(message.id),
            message.record.entity if message.record is not None else "person",
        )
        if subject is None or kind in ("task", "activity"):
            continue
        name = f"{message.source}.{message.record.object}" if message.record is not None else message.source
        for relation, other in batch.who.relations.get(message.id, {}).items():
            values.append(
                relate(
                    subject,
                    relation,
                    other,
                    path=f"{name}.{relation}",
                    at=message.occurred_at,
                    message_id=message.id,
                )
            )
    record_store.save_values(batch.connection, values)
    roots = {batch.root(value.entity_id) for value in values} | batch.settled_roots
    roots |= {root for merge in batch.who.merges for root in (merge.survivor_id, merge.loser_id)}
    batch.settled_roots = set()
    settle(batch, roots)


def _entities(batch: Batch, message: Message) -> dict[str, str]:
    """Entity kind → own entity, for what the message states."""
    found = {name: entity for name, entity in batch.who.relations.get(message.id, {}).items() if name == "account"}
    subject = batch.who.subject.get(message.id)
    if subject is not None:
        found[message.record.entity if message.record is not None else "person"] = subject
    return found
