"""Every value that was stated is kept with its source and time, and the winners are settled for those concerned."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from closeloop.inbox.nouns import Message
from closeloop.outbox.nouns import STATE
from closeloop.ports import Record
from closeloop.process.consent import consent_fields
from closeloop.record import store as record_store
from closeloop.record.builtin import LIVING
from closeloop.record.clearing import emptied, refused
from closeloop.record.nouns import FieldValue
from closeloop.record.report import relate, report, stands
from closeloop.steps.batch import Batch
from closeloop.steps.settle import settle


def record(batch: Batch) -> None:
    """record: every value is kept with its source and time; winners are resolved for those concerned."""
    values = []
    for message in batch.messages:
        if not message.values and message.id not in batch.who.relations:
            continue  # most acts state nothing
        entities = _entities(batch, message)
        blanked = emptied(message, batch.emptied.get(message.id, {}))
        values += report(message, entities, batch.process, [path for path, was_read in blanked.items() if was_read])
        _tell(batch, message, refused(message, blanked, batch.process))
        subject, kind = batch.who.subject.get(message.id), message.entity
        if subject is None or kind in ("task", "activity"):
            continue
        name = f"{message.source}.{message.record.object}" if message.record is not None else message.source
        # Said again as something else changed, it is as old as it was: else our own write would make it the newest.
        no_news = batch.pointed_before.get(message.id, frozenset())
        for relation, other in batch.who.relations.get(message.id, {}).items():
            if relation in no_news:
                continue
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
        if message.record is not None and _says_how_it_stands(batch, message, message.record):
            # Of two states of one record in one page the later one holds.
            living, at = not message.record.deleted, message.received_at + timedelta(microseconds=message.position)
            values.append(stands(subject, living=living, path=f"{name}.{LIVING}", at=at, message_id=message.id))
    values = _without_revivals(batch, values)
    record_store.save_values(batch.connection, values)
    roots = {batch.root(value.entity_id) for value in values} | batch.settled_roots
    roots |= {root for merge in batch.who.merges for root in (merge.survivor_id, merge.loser_id)}
    batch.settled_roots = set()
    settle(batch, roots)


def _says_how_it_stands(batch: Batch, message: Message, record: Record) -> bool:
    """Whether there is anything to note; as of when the hub heard it, since not every system dates a deletion.

    A deal is taken to be there; only when it went, or came back, is that noted.
    """
    if record.became or message.id not in batch.news:
        return False  # it lives on as another one, or a later state is known
    came_back = STATE in batch.news[message.id] and message.id not in batch.first_read
    return (
        bool(message.own)
        or message.entity == "role"
        or (message.entity == "opportunity" and (record.deleted or came_back))
    )


def _tell(batch: Batch, message: Message, said: Iterable[str]) -> None:
    """Keep these with the message, beside what is noted of it already."""
    if noted := [*filter(None, [batch.notes.get(message.id)]), *said]:
        batch.notes[message.id] = "; ".join(noted)


def _without_revivals(batch: Batch, values: list[FieldValue]) -> list[FieldValue]:
    """The values without a "no" that would take an opt-out back which it knows nothing of.

    Where one yes is enough, a source may take its own back: whoever ticked the box unticks it. A row of a file, and a
    record that is read for the first time, say "no" because nobody ever asked them.
    """
    one_is_enough = consent_fields(batch.process)
    unasked = {message.id for message in batch.messages if message.kind == "row"} | batch.first_read
    nos = [each for each in values if each.field in one_is_enough and not each.value and each.message_id in unasked]
    if not nos:
        return values
    roots = {batch.root(each.entity_id) for each in nos}
    winners = record_store.load_winners(batch.connection, sorted(roots))
    said = {(root, field) for root, held in winners.items() for field, one in held.items() if one.value is True}
    said |= {(batch.root(each.entity_id), each.field) for each in values if each.value is True}
    dropped = {id(each) for each in nos if (batch.root(each.entity_id), each.field) in said}
    return [each for each in values if id(each) not in dropped]


def _entities(batch: Batch, message: Message) -> dict[str, str]:
    """Entity kind → own entity, for what the message states."""
    found = {name: entity for name, entity in batch.who.relations.get(message.id, {}).items() if name == "account"}
    subject = batch.who.subject.get(message.id)
    if subject is not None:
        found[message.entity] = subject
    return found
