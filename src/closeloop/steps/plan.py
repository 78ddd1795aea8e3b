"""Decisions become commands with a key, and fields go where they should be held."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain

from closeloop.lifecycle import store as lifecycle_store
from closeloop.lifecycle.nouns import Packet
from closeloop.lifecycle.situation import Draft
from closeloop.outbox import store as outbox_store
from closeloop.outbox.again import Again
from closeloop.outbox.compile import compile_intents
from closeloop.outbox.nouns import MAIL, Known, Posted, ShadowKey, records_of
from closeloop.outbox.stale import is_of_fields, needless, orphans, overtaken
from closeloop.outbox.store import unsent
from closeloop.outbox.sync import sync
from closeloop.ports import Verb
from closeloop.record import store as record_store
from closeloop.steps.batch import Batch
from closeloop.steps.companies import plan_companies
from closeloop.steps.dossier import Dossier
from closeloop.steps.holding import count_anew
from closeloop.steps.merged_accounts import follow_accounts
from closeloop.steps.merging import Merging, merge_outside, mergeable, on_their_way
from closeloop.steps.passing import drop, follow_records, readdress
from closeloop.steps.retry import anew, leads_shown_again, revive, send_again
from closeloop.steps.shared_address import drop_overwriting, refused_beside, taken_by_others
from closeloop.steps.updates import Updates


def plan(batch: Batch) -> None:
    """outbox: decisions become commands; fields go where they should be held; merges are carried out there too."""
    revive(batch)
    follow_records(batch)
    _merge(batch)
    concerned = [draft for draft in batch.drafts if _concerned(batch, draft)]
    drop_overwriting(batch, [batch.dossiers[draft.situation.person_id] for draft in concerned])
    known = count_anew(batch, _known_of(batch, concerned))
    undone = unsent.load_undone(batch.connection, known) if known else {}
    frozen = _frozen_packets(batch, concerned, undone)
    found = {key: why for root, theirs in undone.items() for key, why in needless(theirs, known[root]).items()}
    drop(batch, found)
    unmade = {key: why for key, why in found.items() if key not in batch.sent}
    dropped: dict[str, str] = {}
    moved = [each for root, theirs in undone.items() for each in overtaken(theirs, known[root])]
    again, updates = Again(), Updates()
    for draft in concerned:
        person_id = draft.situation.person_id
        tier = draft.tier or draft.situation.tier
        custody = tier.custody if tier else "marketing"
        packets = {**frozen, **{packet.lead_id: packet for packet in draft.packets}}
        theirs = undone.get(person_id, ())
        decided = sync(known[person_id], custody, batch.process, draft.situation.cause) if batch.process.custody else []
        fresh = updates.fresh(batch, [each for each in decided if is_of_fields(each)], known[person_id], theirs)
        fresh += [each for each in decided if not is_of_fields(each)]
        left, retried = anew(batch, draft, known[person_id], theirs, fresh, packets)
        again.add(retried)
        elsewhere, nowhere = orphans(theirs, {*retried.unmade, *unmade}, known[person_id])
        moved += elsewhere
        dropped |= nowhere
        beside = known[person_id].beside([*left, *retried.renewed])
        batch.planned += left
        batch.planned += compile_intents(
            draft.settled_intents(), beside, draft.shown, packets, batch.process, draft.situation.cause
        )
    send_again(batch, again)
    updates.settle(batch)
    readdress(batch, moved)
    drop(batch, dropped)
    plan_companies(batch)
    outbox_store.plan(
        batch.connection,
        [each for each in batch.planned if each.source == MAIL or each.source in batch.process.sources],
        batch.now,
        bulk=batch.queue == "bulk",
    )


def _merge(batch: Batch) -> None:
    """Merges and conversions are planned before the rest, which is written where records live on."""
    merges = merge_outside(batch)
    outbox_store.plan(batch.connection, merges, batch.now, bulk=batch.queue == "bulk")
    # One that waits already goes where it is to go now, to whom it is to belong now.
    readdress(batch, [each for each in merges if each.command.verb is Verb.CONVERT])
    if batch.process.matching.merge_in:
        follow_accounts(batch, mergeable(batch.process))
    batch.planned += merges


def _frozen_packets(batch: Batch, drafts: Sequence[Draft], undone: Mapping[str, Sequence[Posted]]) -> dict[str, Packet]:
    """The packets of leads that had to wait for an owner, or are shown again: they were frozen when they passed."""
    waited = {due.lead_id for draft in drafts for _, due in draft.situation.dues if due.clock == "assign"}
    wanted = sorted(waited.union(leads_shown_again(batch, chain.from_iterable(undone.values()))))
    return lifecycle_store.load_packets(batch.connection, wanted) if wanted else {}


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
    cleared = _cleared_of(batch, people)
    under_way = on_their_way(batch, [person.id for person in people])
    taken, refused = taken_by_others(batch, people), refused_beside(batch, people)
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
            cleared[person.id],
            taken.get(person.id, ()),
            refused.get(person.id, {}),
        )
        for person in people
    }


def _cleared_of(batch: Batch, people: Sequence[Dossier]) -> dict[str, frozenset[tuple[str, str]]]:
    """Person → the fields of theirs and of their account that a source cleared."""
    of = {person.id: {"person": person.id, "account": person.account_id} for person in people}
    entities = sorted({id_ for each in of.values() for id_ in each.values() if id_ is not None})
    found = record_store.load_cleared(batch.connection, entities)
    return {
        person: frozenset((kind, field) for kind, id_ in each.items() for field in found.get(id_ or "", ()))
        for person, each in of.items()
    }


def _records_of(person: Dossier) -> list[ShadowKey]:
    """The records in other systems that are the person's, or their account's."""
    return records_of((*person.keys, *person.account_keys))
