"""What befell records outside in this batch reaches what waits for them, before any of it is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from closeloop.outbox.nouns import Planned, ShadowKey
from closeloop.outbox.stale import look_again
from closeloop.outbox.store import unsent
from closeloop.ports import Outcome, Record, Ref, Verb
from closeloop.process.vocabulary import PERSON_OBJECTS
from closeloop.steps.batch import Batch


def follow_records(batch: Batch) -> None:
    """Commands for a record that went or became another one go there or nowhere; an owner given outside is kept."""
    gone, handed = _gone(batch), _handed(batch)
    if not gone and not handed:
        return
    roots = {
        batch.root(subject)
        for message in batch.messages
        if (message.record or message.answer) is not None and (subject := batch.subject(message)) is not None
    }
    waiting = unsent.load_unanswered(batch.connection, roots)
    stale = look_again([each for theirs in waiting.values() for each in theirs], gone, handed)
    drop(batch, stale.dropped)
    readdress(batch, stale.changed)


def drop(batch: Batch, dropped: Mapping[str, str]) -> None:
    """These are not sent any more, for these reasons; what was sent by now is kept with the batch."""
    wanted = {key: why for key, why in dropped.items() if key not in batch.sent}
    batch.sent |= unsent.drop(batch.connection, wanted, batch.now)


def readdress(batch: Batch, changed: Sequence[Planned]) -> None:
    """The same for what goes elsewhere."""
    wanted = [each for each in changed if each.command.key not in batch.sent]
    batch.sent |= unsent.readdress(batch.connection, wanted)


def _gone(batch: Batch) -> Mapping[ShadowKey, Ref | None]:
    """Records that are not there any more, by what was read and answered now → what each lives on as."""
    found: dict[ShadowKey, Ref | None] = {}
    for message in batch.messages:
        record, answer = message.record, message.answer
        if record is not None and (record.deleted or record.became):
            found[message.source, record.object, record.id] = _successor(record.object, record.became)
        posted = batch.posted.get(answer.key) if answer is not None else None
        if answer is None or posted is None or posted.planned.command.ref is None or not answer.became:
            continue
        if answer.outcome is Outcome.CHANGED or posted.planned.command.verb is Verb.CONVERT:
            ref = posted.planned.command.ref
            found[posted.planned.source, ref.object, ref.id] = _successor(ref.object, answer.became)
    return found


def _successor(name: str, became: tuple[Ref, ...]) -> Ref | None:
    """Of what a record became the one that stands for it: of its own kind, else the person that a lead became."""
    alike = [ref for ref in became if ref.object == name]
    people = [ref for ref in became if ref.object in PERSON_OBJECTS]
    return next(iter(alike or people), None)


def _handed(batch: Batch) -> frozenset[ShadowKey]:
    """Records that somebody in the CRM gave to another member of the teams."""
    return frozenset(
        (message.source, message.record.object, message.record.id)
        for message in batch.messages
        if message.record is not None and message.source == batch.process.gate.to
        if "_owner" in batch.news.get(message.id, ()) and message.id not in batch.first_read
        if _is_members(batch, message.record)
    )


def _is_members(batch: Batch, record: Record) -> bool:
    owner = record.refs.get("owner")
    return owner is not None and batch.process.member_by_user(owner.id) is not None
