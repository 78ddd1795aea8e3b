"""A merge that was carried out outside and undone here is undone there too: the one that went is to live again."""

from __future__ import annotations

from collections.abc import Iterator

from closeloop.inbox.fields import fields_of
from closeloop.outbox.merge import loser_of
from closeloop.outbox.nouns import Planned, Posted, Shadow
from closeloop.outbox.sync import written_fields
from closeloop.ports import Command, Ref, Verb
from closeloop.process.nouns import Process


def plan_restore(posted: Posted, person_id: str, shadow: Shadow | None, process: Process, message_id: str) -> Planned:
    """The record that a MERGE let go is taken back, with what it last held.

    Args:
        person_id: whose it is now; where the vendor makes the record anew, it bears this key.
        shadow: what it was last known to hold.
    """
    source, name, id_ = loser_of(posted.planned)
    held = shadow or {}
    fields = {each: held[each] for each in _named(process, source, name) if held.get(each) not in (None, "")}
    key = f"restore:{posted.planned.command.key}"
    command = Command(key, Verb.RESTORE, name, Ref(name, id_), person_id, fields)
    why = f"{process.signed} matching.merge_in: the merge was undone"
    return Planned(source, command, why, message_id, person_id)


def _named(process: Process, source: str, name: str) -> Iterator[str]:
    """The fields of such a record that the process names, read or written."""
    for named in fields_of(process).of(source):
        if named.object in (None, name):
            yield named.name
    for field, _ in written_fields(process, source, name):
        yield field
