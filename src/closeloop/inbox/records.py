"""A page of records pulled from an outside system: each becomes a message that states what the vendor holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import msgspec

from closeloop.inbox.fields import Named, fields_of, reported, strong_keys
from closeloop.inbox.keys import LONGEST, digest, nameless_id
from closeloop.inbox.nouns import Act, Key, Message, Receipt, Reported, SetAside
from closeloop.ports import Record, Value
from closeloop.process.nouns import OwnKind, Process
from closeloop.words.moment import to_us
from closeloop.words.normal import normal_form
from closeloop.words.text import has_unfit

UNDER_WAY: Final = "under_way"
"""Header of a page that was read: JSON, keys of what was sent to that system before, and not answered."""
_RECORDS = msgspec.json.Decoder(list[Record])


def encode_records(records: Sequence[Record]) -> bytes:
    """The body of a receipt of door "pull"; half a surrogate pair, which only JSON may hold, becomes U+FFFD."""
    try:
        return msgspec.json.encode(records)
    except UnicodeEncodeError:
        return msgspec.json.encode(_writable(msgspec.to_builtins(records)))


def read_records(receipt: Receipt, process: Process) -> list[Message | SetAside]:
    """One message for each record. The same record pulled twice without a change is one message.

    A record whose ids no index can hold is set aside.

    Raises:
        msgspec.DecodeError: not a body of `encode_records`.
    """
    fields = fields_of(process).of(receipt.source)
    records = _RECORDS.decode(receipt.body)
    return [_read(record, position, receipt, fields, process) for position, record in enumerate(records)]


def _read(
    record: Record, position: int, receipt: Receipt, fields: Sequence[Named], process: Process
) -> Message | SetAside:
    if not _has_ids(record):
        return _nameless(record, position, receipt)
    own = process.own_kind(receipt.source, record.object) if process.records else None
    if own is not None:
        return _message(replace(record, entity="record", touch=None), position, receipt, fields, own)
    if record.entity == "record":
        return _undeclared(record, position, receipt)
    return _message(record, position, receipt, fields, None)


def _has_ids(record: Record) -> bool:
    refs = (*record.refs.values(), *record.became)
    names = (record.object, record.id, record.our_key or "", *(part for ref in refs for part in (ref.object, ref.id)))
    return not any(len(name) > LONGEST or has_unfit(name) for name in names)


def _nameless(record: Record, position: int, receipt: Receipt) -> SetAside:
    key = nameless_id(receipt, position, msgspec.json.encode(record))
    named = f"{record.object[:40]!r} {record.id[:40]!r} or what it points to"
    reason = f"{named} has an id that cannot be kept; valid is text of up to {LONGEST} characters"
    return SetAside(key, receipt.source, receipt.id, position, receipt.received_at, reason)


def _undeclared(record: Record, position: int, receipt: Receipt) -> SetAside:
    # By another id than it will have once it is named: then it is news.
    key, kind = f"{_id_of(receipt.source, record)}:unnamed", f"{receipt.source}.{record.object}"
    reason = f"{kind} is no record that the process names; name it under `records`, then read it again"
    return SetAside(key, receipt.source, receipt.id, position, receipt.received_at, reason)


def _message(record: Record, position: int, receipt: Receipt, fields: Sequence[Named], own: OwnKind | None) -> Message:
    entity = own.name if own else record.entity
    # What is no person and is gone states what it was, which counts again once it is taken back.
    stated = () if record.deleted and own is None else fields
    values = [(named, record.fields[named.name]) for named in stated if _states(record, entity, named)]
    return Message(
        _id_of(receipt.source, record), receipt.source, receipt.id, position, "record", record.changed_at,
        receipt.received_at, keys=(*_keys(receipt.source, record, values), *_shared_key(own, values)),
        values=_reported(receipt.source, record, entity, values), act=_act(record), record=record,
        own=own.name if own else "",
    )  # fmt: skip


def _states(record: Record, entity: str, named: Named) -> bool:
    """Whether the record speaks of the field: a path that names an object means that object and no other.

    A path without one means the entity's own objects, and for an account also people, whose records carry such fields.
    """
    if named.name not in record.fields:
        return False
    if named.object is not None:
        return named.object == record.object
    return named.entity == entity or (named.entity == "account" and entity == "person")


def _keys(source: str, record: Record, values: Sequence[tuple[Named, Value]]) -> tuple[Key, ...]:
    if record.entity in ("task", "activity"):
        person = record.refs.get("person")
        return (Key(f"{source}.{person.object}", person.id),) if person else ()
    ours = (Key("closeloop", record.our_key),) if record.our_key else ()
    named = strong_keys(values) if record.entity == "person" else ()
    return (Key(f"{source}.{record.object}", record.id), *ours, *named)


def _shared_key(own: OwnKind | None, values: Sequence[tuple[Named, Value]]) -> tuple[Key, ...]:
    """The key by which other systems hold the same record."""
    if own is None or own.key is None:
        return ()
    paths = {str(path) for path in own.fields[own.key].paths}
    for named, value in values:
        normal = normal_form(named.form)(value, None) if named.path in paths and value is not None else None
        if normal is not None and normal.valid and normal.value is not None and len(str(normal.value)) <= LONGEST:
            return (Key(f"{own.name} {own.key}", str(normal.value)),)
    return ()


def _reported(source: str, record: Record, entity: str, values: Sequence[tuple[Named, Value]]) -> tuple[Reported, ...]:
    """What the process names, and every field under its full path, since built-in fields need no line there."""
    found = {(one.entity, one.path): one for one in reported(values)}
    if (not record.deleted or record.entity == "record") and record.entity not in ("task", "activity"):
        for name, value in record.fields.items():
            path = f"{source}.{record.object}.{name}"
            found.setdefault((entity, path), Reported(entity, path, value))
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


def _writable(value: object) -> object:
    match value:
        case str():
            return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        case dict():
            return {_writable(name): _writable(part) for name, part in value.items()}
        case list():
            return [_writable(part) for part in value]
        case _:
            return value


def _id_of(source: str, record: Record) -> str:
    content = digest(msgspec.json.encode(record), size=6)
    return f"{source}:{record.object}:{record.id}:{to_us(record.changed_at)}:{content}"
