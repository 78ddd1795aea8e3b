"""A merge of the hub goes on to outside systems; undone in time it is called back, and done it is followed."""

from __future__ import annotations

from collections.abc import Iterable

from closeloop.outbox import store as outbox_store
from closeloop.outbox.merge import (
    call_back,
    is_carried_out,
    is_parted,
    lead_beside_contact,
    loser_of,
    plan_merges,
    said_of_undoing,
    survivor_of,
)
from closeloop.outbox.nouns import Planned, ShadowKey
from closeloop.ports import Outcome, Ref, Verb
from closeloop.process.nouns import Process
from closeloop.process.once import once_per_process
from closeloop.process.vocabulary import PERSON_OBJECTS
from closeloop.steps.batch import Batch


def merge_outside(batch: Batch) -> list[Planned]:
    """Commands for the merges of this batch, after those that were done are followed and those undone called back."""
    _follow(batch)
    _call_back(batch)
    changed = _changed_people(batch) if batch.process.matching.merge_in else {}
    held = outbox_store.load_held(batch.connection, changed, mergeable(batch.process)) if changed else {}
    # One record alone has nothing to be merged with, which is how it mostly is.
    held = {root: records for root, records in held.items() if len(records) > 1}
    if not held:
        return []
    everything = [each for records in held.values() for each in records]
    shadows = outbox_store.load_shadows(batch.connection, [each.key for each in everything])
    links = outbox_store.load_links(batch.connection, held)
    planned = []
    for root, records in held.items():
        planned += plan_merges(records, links, shadows, batch.process, changed[root])
        for lead, contact in lead_beside_contact(records, shadows):
            _note(
                batch,
                changed[root],
                f"{lead.source} has Lead {lead.id} and Contact {contact.id} of one person now, and merges no lead into "
                "a contact: convert it there",
            )
    return planned


def on_their_way(batch: Batch, roots: Iterable[str]) -> dict[str, dict[ShadowKey, str]]:
    """Person (root) → the losers of merges that are still to be carried out → the id that survives."""
    if not batch.process.matching.merge_in:
        return {}
    found: dict[str, dict[ShadowKey, str]] = {}
    for posted in outbox_store.load_merges(batch.connection, roots):
        person_id = posted.planned.person_id
        if person_id is not None and posted.state in ("waiting", "leased"):
            found.setdefault(batch.root(person_id), {})[loser_of(posted)] = survivor_of(posted)[2]
    return found


@once_per_process
def mergeable(process: Process) -> frozenset[str]:
    """Kinds of keys whose records are merged: "crm.Contact"."""
    return frozenset(f"{source}.{name}" for source in process.matching.merge_in for name in PERSON_OBJECTS)


def _changed_people(batch: Batch) -> dict[str, str]:
    """Root → the message through which it was linked, or a record of it became known: both may come first."""
    kinds = mergeable(batch.process)
    found = {
        batch.root(batch.who.subject[message.id]): message.id
        for message in batch.messages
        if message.id in batch.first_read
        and message.record is not None
        and message.id in batch.who.subject
        and f"{message.source}.{message.record.object}" in kinds
    }
    found |= {batch.root(claim.entity_id): claim.message_id for claim in batch.who.claims if claim.key.kind in kinds}
    found |= {batch.root(merge.survivor_id): merge.message_id for merge in batch.who.merges if merge.kind == "person"}
    return found


def _follow(batch: Batch) -> None:
    """What waited for a record that the vendor has merged now goes to its survivor."""
    for message in batch.messages:
        posted = batch.posted.get(message.answer.key) if message.answer is not None else None
        if posted is None or posted.planned.command.verb is not Verb.MERGE:
            continue
        if message.answer is None or message.answer.outcome is not Outcome.DONE:
            continue
        loser, survivor = loser_of(posted), survivor_of(posted)
        people = outbox_store.whose(batch.connection, [loser, survivor])
        if is_parted(posted, people):
            _note(batch, message.id, said_of_undoing(posted, carried_out=True))
            continue
        source, name, id_ = loser
        outbox_store.follow_merge(
            batch.connection, people[loser], source, Ref(name, id_), Ref(name, survivor[2]), batch.now
        )


def _call_back(batch: Batch) -> None:
    """A merge that was undone is not sent any more, whether it waited or was given another life just now."""
    told = {id_: outbox_store.load_merges(batch.connection, roots) for id_, roots in batch.parted.items()}
    retried = {message.click.subject for message in batch.messages if message.click and message.click.verb == "retry"}
    revived = outbox_store.load(batch.connection, retried).values() if retried else ()
    found = [posted for merges in told.values() for posted in merges]
    found += [posted for posted in revived if posted.planned.command.verb is Verb.MERGE]
    if not found:
        return
    records = [key for each in found for key in (loser_of(each), survivor_of(each))]
    people = outbox_store.whose(batch.connection, records)
    unsent = {
        posted.planned.command.key: posted
        for posted in found
        if posted.state in ("waiting", "leased") and is_parted(posted, people)
    }
    outbox_store.settle(batch.connection, [call_back(posted, batch.now) for posted in unsent.values()])
    for message_id, merges in told.items():
        for posted in merges:
            # A link may part more than two, and a merge outside may be of others, long parted.
            of_these = {people.get(loser_of(posted)), people.get(survivor_of(posted))} <= {*batch.parted[message_id]}
            concerned = of_these and is_parted(posted, people)
            if concerned and (is_carried_out(posted) or posted.planned.command.key in unsent):
                _note(batch, message_id, said_of_undoing(posted, carried_out=is_carried_out(posted)))


def _note(batch: Batch, message_id: str, what: str) -> None:
    before = batch.notes.get(message_id)
    batch.notes[message_id] = f"{before}; {what}" if before else what
