"""A merge of the hub goes on to outside systems; undone in time it is called back, and done it is followed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from closeloop.outbox import store as outbox_store
from closeloop.outbox.convert import Deal, Left, key_of, plan_conversions, plan_into_accounts
from closeloop.outbox.copied import with_copied
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
from closeloop.outbox.nouns import UNFINISHED, Held, Planned, Posted, Shadow, ShadowKey
from closeloop.outbox.stale import NOT_NEEDED
from closeloop.outbox.store import unsent
from closeloop.outbox.undo import plan_restore
from closeloop.ports import Outcome, Ref, Value, Verb
from closeloop.process.nouns import Process
from closeloop.process.once import once_per_process
from closeloop.process.vocabulary import PERSON_OBJECTS
from closeloop.steps.batch import Batch
from closeloop.steps.conversions import accounts_of, at_a_deal, deals_of, pursued_leads
from closeloop.steps.merged_accounts import with_account
from closeloop.steps.passing import drop


class Undone(NamedTuple):
    """A merge that a vendor carried out and that is undone here, whose the record is that went, and by what message."""

    merge: Posted
    person_id: str | None
    message_id: str


def merge_outside(batch: Batch) -> list[Planned]:
    """Commands for the merges of this batch, after those that were done are followed and those undone called back."""
    undone = [*_follow(batch), *_call_back(batch)]
    planned = _undo(batch, undone)
    matching = batch.process.matching
    changed = _changed_people(batch) if matching.merge_in else {}
    pursued = pursued_leads(batch) if matching.convert_in else {}
    if matching.into_accounts:
        changed = {**at_a_deal(batch, pursued), **changed}
    held = outbox_store.load_held(batch.connection, changed, mergeable(batch.process)) if changed else {}
    into = accounts_of(batch, held) if matching.into_accounts else {}
    # One record alone has nothing to be merged with, which is how it mostly is.
    held = {root: records for root, records in held.items() if len(records) > 1 or into.get(root)}
    if not held:
        return planned
    entities = {each.key: each.entity_id for records in held.values() for each in records}
    around = {key for keys in into.values() for key in keys} | deals_of(batch, pursued)
    shadows = outbox_store.load_shadows(batch.connection, [*entities, *sorted(around)])
    links = outbox_store.load_links(batch.connection, held)
    merges = {
        root: plan_merges(records, links, shadows, batch.process, changed[root]) for root, records in held.items()
    }
    _drop_overtaken(batch, {root: merges[root] for root, records in held.items() if len(records) > 2})
    planned += with_account(batch, merges, entities)
    left: list[Left] = []
    for root, records in held.items():
        moved, stay = _convert(batch, records, shadows, changed[root], into.get(root, ()), pursued)
        planned += moved
        left += stay
    _drop_undecided(batch, left)
    return planned


@dataclass(slots=True)
class Merging:
    """Merges of one person that are still to be carried out: losers → the id that survives, and what that will keep."""

    losers: dict[ShadowKey, str] = field(default_factory=dict)
    kept: dict[ShadowKey, dict[str, Value]] = field(default_factory=dict)


def on_their_way(batch: Batch, roots: Iterable[str]) -> dict[str, Merging]:
    """Person (root) → their merges on the way."""
    if not batch.process.matching.merge_in:
        return {}
    found: dict[str, Merging] = {}
    for posted in outbox_store.load_merges(batch.connection, roots):
        person_id = posted.planned.person_id
        if person_id is not None and posted.state in UNFINISHED:
            theirs, survivor = found.setdefault(batch.root(person_id), Merging()), survivor_of(posted.planned)
            theirs.losers[loser_of(posted.planned)] = survivor[2]
            theirs.kept[survivor] = {**theirs.kept.get(survivor, {}), **posted.planned.command.fields}
    return found


@once_per_process
def mergeable(process: Process) -> frozenset[str]:
    """Kinds of keys whose records are merged: "crm.Contact"."""
    return frozenset(f"{source}.{name}" for source in process.matching.merge_in for name in PERSON_OBJECTS)


def _changed_people(batch: Batch) -> dict[str, str]:
    """Root → the message through which it was linked or parted, or a record of it became known: any may come first."""
    kinds = mergeable(batch.process)
    found = {root: message_id for message_id, roots in batch.parted.items() for root in roots}
    found |= {
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


def _drop_overtaken(batch: Batch, merges: Mapping[str, Sequence[Planned]]) -> None:
    """A merge that waits makes way where the third of them decides it anew: each goes into the oldest at once."""
    if not merges:
        return
    right = {each.command.key for theirs in merges.values() for each in theirs}
    waiting = [each for each in outbox_store.load_merges(batch.connection, merges) if each.state == "waiting"]
    keys = {each.planned.command.key for each in waiting} - right
    drop(batch, dict.fromkeys(keys, f"{NOT_NEEDED}: which of the person's records survives was decided anew"))


def _convert(
    batch: Batch,
    records: Sequence[Held],
    shadows: Mapping[ShadowKey, Shadow],
    message_id: str,
    accounts: Sequence[ShadowKey],
    pursued: Mapping[ShadowKey, Deal | None],
) -> tuple[list[Planned], list[Left]]:
    """Leads of one person are converted, or left; notes say what is somebody else's to convert."""
    moved, left = plan_into_accounts(records, shadows, batch.process, message_id, accounts, pursued)
    for each in left:
        if each.why is not None:
            _note(batch, message_id, f"{each.lead.source} Lead {each.lead.id} is not converted: {each.why}")
    decided = {key_of(each.lead) for each in left} | {each.command.key for each in moved}
    for lead, contact in lead_beside_contact(records, shadows):
        if key_of(lead) in decided or (lead.source in batch.process.matching.convert_in and lead.key not in pursued):
            continue
        what = f"{lead.source} has Lead {lead.id} and Contact {contact.id} of one person now"
        _note(batch, message_id, f"{what}, and merges no lead into a contact: convert it there")
    return moved + plan_conversions(records, shadows, batch.process, message_id, pursued), left


def _drop_undecided(batch: Batch, left: Sequence[Left]) -> None:
    """A conversion that waits makes way where nobody but a person can say any more what the lead is to go into."""
    keys = {key_of(each.lead) for each in left}
    waiting = unsent.load_unanswered(batch.connection, {each.lead.root_id for each in left}) if left else {}
    found = {each.planned.command.key for theirs in waiting.values() for each in theirs if each.state == "waiting"}
    drop(batch, dict.fromkeys(keys & found, f"{NOT_NEEDED}: what the lead is to go into was decided anew"))


def _follow(batch: Batch) -> list[Undone]:
    """What waited for a record that the vendor has merged now goes to its survivor; returns those undone meanwhile."""
    undone = []
    for message in batch.messages:
        posted = batch.posted.get(message.answer.key) if message.answer is not None else None
        if posted is None or posted.planned.command.verb is not Verb.MERGE:
            continue
        if message.answer is None or message.answer.outcome is not Outcome.DONE:
            continue
        loser, survivor = loser_of(posted.planned), survivor_of(posted.planned)
        people = outbox_store.whose(batch.connection, [loser, survivor])
        if is_parted(posted, people):
            _note(batch, message.id, said_of_undoing(posted, carried_out=True))
            undone.append(Undone(posted, people.get(loser), message.id))
            continue
        source, name, id_ = loser
        outbox_store.follow_merge(
            batch.connection, people[loser], source, Ref(name, id_), Ref(name, survivor[2]), batch.now
        )
    return undone


def _call_back(batch: Batch) -> list[Undone]:
    """A merge that was undone is not sent any more, whether it waited or was given another life just now.

    Returns those that the vendor has carried out.
    """
    told = {id_: outbox_store.load_merges(batch.connection, roots) for id_, roots in batch.parted.items()}
    retried = {message.click.subject for message in batch.messages if message.click and message.click.verb == "retry"}
    revived = outbox_store.load(batch.connection, retried).values() if retried else ()
    found = [posted for merges in told.values() for posted in merges]
    found += [posted for posted in revived if posted.planned.command.verb is Verb.MERGE]
    if not found:
        return []
    records = [key for each in found for key in (loser_of(each.planned), survivor_of(each.planned))]
    people = outbox_store.whose(batch.connection, records)
    unsent = {
        posted.planned.command.key: posted
        for posted in found
        if posted.state in UNFINISHED and is_parted(posted, people)
    }
    outbox_store.settle(batch.connection, [call_back(posted, batch.now) for posted in unsent.values()])
    undone = []
    for message_id, merges in told.items():
        for posted in merges:
            # A link may part more than two, and a merge outside may be of others, long parted.
            theirs = {people.get(loser_of(posted.planned)), people.get(survivor_of(posted.planned))}
            of_these = theirs <= {*batch.parted[message_id]}
            concerned = of_these and is_parted(posted, people)
            if concerned and (is_carried_out(posted) or posted.planned.command.key in unsent):
                _note(batch, message_id, said_of_undoing(posted, carried_out=is_carried_out(posted)))
                if is_carried_out(posted):
                    undone.append(Undone(posted, people.get(loser_of(posted.planned)), message_id))
    return undone


def _undo(batch: Batch, undone: Sequence[Undone]) -> list[Planned]:
    """Those that went are to live again; what was copied out of them is taken out as custody lets the hub write."""
    if not undone:
        return []
    records = {key for each in undone for key in (loser_of(each.merge.planned), survivor_of(each.merge.planned))}
    shadows = dict(outbox_store.load_shadows(batch.connection, records))
    planned = []
    for merge, person_id, message_id in undone:
        if person_id is not None:
            lost, survivor = loser_of(merge.planned), survivor_of(merge.planned)
            planned.append(plan_restore(merge, person_id, shadows.get(lost), batch.process, message_id))
            shadows[survivor] = with_copied(shadows.get(survivor), merge)
    outbox_store.save_shadows(batch.connection, shadows)
    return planned


def _note(batch: Batch, message_id: str, what: str) -> None:
    before = batch.notes.get(message_id)
    batch.notes[message_id] = f"{before}; {what}" if before else what
