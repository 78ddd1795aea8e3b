"""What is decided about again: a changed process takes effect by sets, and people go on like all others."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain

from closeloop.identity import store as identity_store
from closeloop.inbox.nouns import Rescore
from closeloop.profile.store.anew import rebuild_part
from closeloop.record import store as record_store
from closeloop.record.store.anew import Part, lock_part, settle_part
from closeloop.steps.batch import Batch


def rescore(batch: Batch) -> None:
    """All rooms: what a changed process changes for what is known already."""
    said = [(message, message.rescore) for message in batch.messages if message.rescore is not None]
    for message, each in said:
        if each.decide:
            continue
        part = Part(each.entity, each.after, each.last)
        lock_part(batch.connection, part)
        anew = settle_part(batch.connection, batch.process, part, each.fields)
        batch.notes[message.id] = f"{len(anew.changes):,} values of {each.entity} are others now"
        if each.entity == "account":
            batch.settled_roots |= {change.root_id for change in anew.changes}  # for their own records
        if each.entity == "person" and each.lines:
            rebuild_part(batch.connection, batch.process, each.lines, each.after, each.last)
    people = _people(batch, {message.id: each for message, each in said if each.decide})
    if not people:
        return
    locked = identity_store.lock(batch.connection, sorted(set(chain.from_iterable(people.values()))))
    batch.known.roots.update(locked)
    for message_id, theirs in people.items():
        there = {locked[person] for person in theirs if person in locked}  # others were erased meanwhile
        batch.parted[message_id] = (*batch.parted.get(message_id, ()), *sorted(there))


def _people(batch: Batch, said: Mapping[str, Rescore]) -> dict[str, list[str]]:
    """Message → whom it means."""
    companies = {each.of for each in said.values() if each.of}
    roots = identity_store.roots_of(batch.connection, companies) if companies else {}
    theirs = record_store.load_related(batch.connection, sorted(set(roots.values())), "person")
    return {
        message_id: [person for person in theirs.get(roots.get(each.of, ""), ()) if each.after < person <= each.last]
        if each.of
        else [each.last]
        for message_id, each in said.items()
    }
