"""Who was erased is not made anew: what comes of them is set aside and taken out of its receipt, whatever the door."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from closeloop.identity.erasure import keys_asked, new_id, reason
from closeloop.identity.keys import OURS
from closeloop.identity.store import buried as tombstones
from closeloop.inbox import store as inbox_store
from closeloop.inbox.erased import Gone, without, without_reasons
from closeloop.inbox.nouns import Key, Message, SetAside
from closeloop.inbox.store import erasure as inbox_erasure
from closeloop.outbox import store as outbox_store
from closeloop.outbox.nouns import Planned
from closeloop.outbox.store import erase as outbox_erasure
from closeloop.ports import Command, Outcome, Ref, Verb
from closeloop.process.vocabulary import PERSON_OBJECTS
from closeloop.steps.batch import Batch
from closeloop.steps.unname import unname_late
from closeloop.words.errors import BadInput

WHY = "by order of the person"
_HUBS_OWN = ("answer", "time", "click")
"""Messages that speak of somebody by our own id; they say nothing of the person."""


def keep_out(batch: Batch) -> None:
    """identity: what has a key of somebody who was erased goes no further."""
    salt = tombstones.salt_in_use(batch.connection)
    if salt is None:
        return
    buried = _buried(batch, salt)
    if buried:
        _keep_out(batch, buried, salt)
    unname_late(batch, salt)


def _keep_out(batch: Batch, buried: Mapping[Key, datetime], salt: str) -> None:
    going_on, gone, answered = [], dict[str, dict[int, Gone]](), list[Message]()
    for message in batch.messages:
        since = next((buried[key] for key in keys_asked(message) if key in buried), None)
        if since is None:
            going_on.append(_without_refs(message, buried))
        elif message.kind in _HUBS_OWN:
            if message.answer is not None:
                answered.append(message)
            if message.click is not None:
                batch.refused[message.id] = reason(since)
            going_on.append(replace(message, keys=()))
        else:
            stands = Gone(new_id(salt, message.source, message.id), reason(since))
            gone.setdefault(message.receipt_id, {})[message.position] = stands
            batch.set_aside.append(
                SetAside(
                    stands.id, message.source, message.receipt_id, message.position, message.received_at, stands.reason
                )
            )
            _end_ours(batch, message, buried, salt)
    batch.messages = going_on
    _settle_late(batch, answered, salt)
    _rewrite(batch, gone, answered)


def nobody_was_erased_meanwhile(batch: Batch) -> None:
    """identity: their people are locked now; whom another worker has erased since the look before is looked for again.

    Raises:
        BadInput: somebody was: the batch is decided again.
    """
    if batch.connection.dialect.name == "sqlite":  # has one writer
        return
    salt = tombstones.salt_in_use(batch.connection)
    if salt is not None and _buried(batch, salt):
        raise BadInput("somebody in this batch was erased while it was being decided; it is decided again")


def erasure_of(person_id: str, source: str, ref: Ref, salt: str, message_id: str) -> Planned:
    """The order to erase one record, once for ever."""
    key = f"{person_id}:erase:{new_id(salt, source, f'{ref.object}:{ref.id}')}"
    return Planned(source, Command(key, Verb.ERASE, ref.object, ref), WHY, message_id, person_id)


def _buried(batch: Batch, salt: str) -> dict[Key, datetime]:
    asked = {key for message in batch.messages for key in keys_asked(message)}
    for message in batch.messages:
        if message.record is not None:
            asked |= {Key(f"{message.source}.{ref.object}", ref.id) for ref in message.record.refs.values()}
            asked |= {Key(OURS, message.record.our_key)} if message.record.our_key is not None else set()
    return tombstones.buried(batch.connection, asked, salt) if asked else {}


def _without_refs(message: Message, buried: Mapping[Key, datetime]) -> Message:
    """A deal that still points to somebody who was erased points to nobody."""
    record = message.record
    if record is None:
        return message
    refs = {n: ref for n, ref in record.refs.items() if Key(f"{message.source}.{ref.object}", ref.id) not in buried}
    return message if len(refs) == len(record.refs) else replace(message, record=replace(record, refs=refs))


def _end_ours(batch: Batch, message: Message, buried: Mapping[Key, datetime], salt: str) -> None:
    """A record that we made, and of which nobody had told us yet, has to go too."""
    record = message.record
    ours = None if record is None or record.deleted else record.our_key
    if record is not None and ours is not None and Key(OURS, ours) in buried:
        order = erasure_of(ours, message.source, Ref(record.object, record.id), salt, message.id)
        outbox_store.plan(batch.connection, [order], batch.now)


def _settle_late(batch: Batch, answered: list[Message], salt: str) -> None:
    """What was under way when somebody was erased: records that were made then go too, and nothing is kept of it."""
    orders, people, records = [], set[str](), list[tuple[str, str, str]]()
    for message in answered:
        answer = message.answer
        posted = batch.posted.get(answer.key) if answer is not None else None
        if answer is None or posted is None or posted.planned.person_id is None:
            continue
        person_id, source, verb = posted.planned.person_id, posted.planned.source, posted.planned.command.verb
        people.add(person_id)
        left = [ref for ref in answer.became if ref.object in PERSON_OBJECTS]
        if answer.outcome is Outcome.DONE and verb is Verb.CREATE and answer.ref is not None:
            left.append(answer.ref)
        orders += [erasure_of(person_id, source, ref, salt, message.id) for ref in left]
        ref = answer.ref or posted.planned.command.ref
        records += [(source, ref.object, ref.id)] if ref is not None else []
    if people:
        outbox_erasure.forget_records(batch.connection, records)
        outbox_erasure.blank(batch.connection, sorted(people))
        outbox_store.plan(batch.connection, orders, batch.now)


def _rewrite(batch: Batch, gone: Mapping[str, Mapping[int, Gone]], answered: list[Message]) -> None:
    told: dict[str, set[str]] = {}
    for message in answered:
        if message.answer is not None:
            told.setdefault(message.receipt_id, set()).add(message.answer.key)
    found = inbox_store.load_receipts(batch.connection, sorted({*gone, *told}))
    changed = []
    for id_, receipt in sorted(found.items()):
        rest = without(receipt, gone[id_], batch.process.sources.get(receipt.source)) if id_ in gone else receipt
        changed.append(without_reasons(rest, frozenset(told[id_])) if id_ in told else rest)
    inbox_erasure.rewrite(batch.connection, changed)
