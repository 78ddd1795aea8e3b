"""What is decided about again: a changed process takes effect by sets, and people go on like all others."""

from __future__ import annotations

from closeloop.identity import store as identity_store
from closeloop.profile.store.anew import rebuild_part
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
        if each.entity == "person" and each.lines:
            rebuild_part(batch.connection, batch.process, each.lines, each.after, each.last)
    people = {message.id: each.last for message, each in said if each.decide}
    if not people:
        return
    locked = identity_store.lock(batch.connection, sorted(people.values()))
    batch.known.roots.update(locked)
    for message_id, person in people.items():
        if person in locked:  # nobody is there any more who was erased meanwhile
            batch.parted[message_id] = (*batch.parted.get(message_id, ()), locked[person])
