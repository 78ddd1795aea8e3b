"""Decisions become commands with a key, and fields go where they should be held."""

from __future__ import annotations

from collections.abc import Sequence

from closeloop.lifecycle import store as lifecycle_store
from closeloop.lifecycle.nouns import Packet
from closeloop.lifecycle.situation import Draft
from closeloop.outbox import store as outbox_store
from closeloop.outbox.compile import compile_intents
from closeloop.outbox.nouns import MAIL, Known, ShadowKey
from closeloop.outbox.stale import is_of_fields, supersede
from closeloop.outbox.store import unsent
from closeloop.outbox.sync import sync
from closeloop.steps.batch import Batch
from closeloop.steps.dossier import Dossier
from closeloop.steps.merging import Merging, merge_outside, on_their_way
from closeloop.steps.passing import follow_records


def plan(batch: Batch) -> None:
    """outbox: decisions become commands; fields go where they should be held; merges are carried out there too."""
    retried = [
        message.click.subject
        for message in batch.messages
        if message.click is not None and message.click.verb == "retry"
    ]
    if retried:
        outbox_store.revive(batch.connection, retried, batch.now)
    is_bulk = batch.queue == "bulk"
    follow_records(batch)
    merges = merge_outside(batch)
    # Before the rest, which is written where records live on.
    outbox_store.plan(batch.connection, merges, batch.now, bulk=is_bulk)
    batch.planned += merges
    concerned = [draft for draft in batch.drafts if _concerned(batch, draft)]
    known = _known_of(batch, concerned)
    frozen = _frozen_packets(batch, concerned)
    undone = unsent.load_undone(batch.connection, known) if known else {}
    dropped: dict[str, str] = {}
    for draft in concerned:
        person_id = draft.situation.person_id
        tier = draft.tier or draft.situation.tier
        custody = tier.custody if tier else "marketing"
        packets = {**frozen, **{packet.lead_id: packet for packet in draft.packets}}
        if batch.process.custody:
            decided = sync(known[person_id], custody, batch.process, draft.situation.cause)
            updates = [each for each in decided if is_of_fields(each)]
            fresh, superseded = supersede(undone.get(person_id, ()), updates)
            dropped |= superseded
            batch.planned += [*fresh, *(each for each in decided if not is_of_fields(each))]
        batch.planned += compile_intents(
            draft.settled_intents(), known[person_id], draft.shown, packets, batch.process, draft.situation.cause
        )
    unsent.drop(batch.connection, dropped, batch.now)
    outbox_store.plan(
        batch.connection,
        [each for each in batch.planned if each.source == MAIL or each.source in batch.process.sources],
        batch.now,
        bulk=is_bulk,
    )


def _frozen_packets(batch: Batch, drafts: Sequence[Draft]) -> dict[str, Packet]:
    """The packets of leads that had to wait for an owner: they were frozen before anybody could be told."""
    waited = sorted({due.lead_id for draft in drafts for _, due in draft.situation.dues if due.clock == "assign"})
    return lifecycle_store.load_packets(batch.connection, waited) if waited else {}


def _concerned(batch: Batch, draft: Draft) -> bool:
    """Whether anything may have to go out for this person."""
    person = batch.dossiers[draft.situation.person_id]
    news = any(message.id in batch.news or message.answer is not None for message in person.messages)
    return bool(
        draft.intents
        or draft.tier
        or any(person.id in roots for roots in batch.parted.values())
        or any(person.id == batch.root(merge.survivor_id) for merge in batch.who.merges)
        or news
        or person.id in batch.settled_roots
        or person.account_id in batch.settled_roots
    )


def _known_of(batch: Batch, drafts: Sequence[Draft]) -> dict[str, Known]:
    people = [batch.dossiers[draft.situation.person_id] for draft in drafts]
    records = {person.id: _records_of(person) for person in people}
    wanted = {record for theirs in records.values() for record in theirs}
    shadows = outbox_store.load_shadows(batch.connection, wanted) if wanted else {}
    pending = outbox_store.pending_creates(batch.connection, [person.id for person in people])
    under_way = on_their_way(batch, [person.id for person in people])
    merging = {person.id: under_way.get(person.id, Merging()) for person in people}
    return {
        person.id: Known(
            person.id,
            person.keys,
            person.winners,
            person.account,
            {
                record: {**shadows[record], **merging[person.id].kept.get(record, {})}
                for record in records[person.id]
                if record in shadows
            },
            pending.get(person.id, {}),
            merging[person.id].losers,
        )
        for person in people
    }


def _records_of(person: Dossier) -> list[ShadowKey]:
    """The records in other systems that are the person's, or their account's."""
    kinds = [(key.kind.partition("."), key.value) for key in (*person.keys, *person.account_keys)]
    return [(source, name, record_id) for (source, dot, name), record_id in kinds if dot]
