"""A page of records pulled from an outside system: each becomes a message that states what the vendor holds."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from closeloop.inbox.fields import Named, fields_of, reported, strong_keys
from closeloop.inbox.keys import digest
from closeloop.inbox.nouns import Act, Key, Message, Receipt, Reported
from closeloop.ports import Record, Value
from closeloop.process.nouns import Process
from closeloop.words.moment import to_us

_RECORDS = msgspec.json.Decoder(list[Record])


def encode_records(records: Sequence[Record]) -> bytes:
    """The body of a receipt of door "pull"."""
    return msgspec.json.encode(records)


def read_records(receipt: Receipt, process: Process) -> list[Message]:
    """One message for each record. The same record pulled twice without a change is one message.

    Raises:
        msgspec.DecodeError: not a body of `encode_records`.
    """
    fields = fields_of(process).of(receipt.source)
    records = _RECORDS.decode(receipt.body)
    return [_message(record, position, receipt, fields) for position, record in enumerate(records)]


def _message(record: Record, position: int, receipt: Receipt, fields: Sequence[Named]) -> Message:
    stated = () if record.deleted else fields
    values = [(named, record.fields[named.name]) for named in stated if _states(record, named)]
    return Message(
        _id_of(receipt.source, record), receipt.source, receipt.id, position, "record", record.changed_at,
        receipt.received_at, keys=_keys(receipt.source, record, values),
        values=_reported(receipt.source, record, values), act=_act(record), record=record,
    )  # fmt: skip


def _states(record: Record, named: Named) -> bool:
    """Whether the record speaks of the field: a path that names an object means that object and no other.

    A path without one means the entity's own objects, and for an account also people, whose records carry such fields.
    """
    if named.name not in record.fields:
        return False
    if named.object is not None:
        return named.object == record.object
    return named.entity == record.entity or (named.entity == "account" and record.entity == "person")


def _keys(source: str, record: Record, values: Sequence[tuple[Named, Value]]) -> tuple[Key, ...]:
    if record.entity in ("task", "activity"):
        person = record.refs.get("person")
        return (Key(f"{source}.{person.object}", person.id),) if person else ()
    ours = (Key("closeloop", record.our_key),) if record.our_key else ()
    named = strong_keys(values) if record.entity == "person" else ()
    return (Key(f"{source}.{record.object}", record.id), *ours, *named)


def _reported(source: str, record: Record, values: Sequence[tuple[Named, Value]]) -> tuple[Reported, ...]:
    """What the process names, and every field under its full path, since built-in fields need no line there."""
    found = {(one.entity, one.path): one for one in reported(values)}
    if not record.deleted and record.entity not in ("task", "activity"):
        for name, value in record.fields.items():
            path = f"{source}.{record.object}.{name}"
            found.setdefault((record.entity, path), Reported(record.entity, path, value))
    return tuple(found.values())


def _act(record: Record) -> Act | None:
    if record.touch is None:
        return None
    props = dict(record.fields)
    campaign = record.refs.get("campaign")
    if campaign is not None:
        props.setdefault("campaign", campaign.id)
    # A task is a seller's act, an activity is a person's own.
    owner = record.refs.get("owner") if record.entity == "task" else None
    return Act(record.touch, props, owner.id if owner else None)


def _id_of(source: str, record: Record) -> str:
    content = digest(msgspec.json.encode(record), size=6)
    return f"{source}:{record.object}:{record.id}:{to_us(record.changed_at)}:{content}"
