"""What is news in a record that we may have written ourselves: compared with what that side is known to hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from closeloop.inbox.nouns import Message
from closeloop.outbox.nouns import Shadow
from closeloop.ports import Record, Value

_TOUCH, _STATE = "_touch", "_state"


def shadow_of(record: Record) -> dict[str, Value]:
    """What the vendor holds now, with how the record stands."""
    state = (
        "deleted"
        if record.deleted
        else ",".join(f"{ref.object}:{ref.id}" for ref in record.became) or ("active" if record.active else "inactive")
    )
    owner = record.refs.get("owner")
    return {**record.fields, _TOUCH: record.touch, _STATE: state, "_owner": owner.id if owner else None}


def news_of(record: Record, shadow: Shadow | None) -> frozenset[str]:
    """Names of the fields that differ from what the vendor was known to hold; all of them for a record never seen."""
    now = shadow_of(record)
    if shadow is None:
        return frozenset(now)
    return frozenset(name for name, value in now.items() if name not in shadow or not _same(shadow[name], value))


def only_news(message: Message, news: frozenset[str], shadow: Shadow | None) -> Message:
    """The message without values that the vendor held before, and without an act that was told before."""
    values = tuple(each for each in message.values if each.path.rpartition(".")[2] in news)
    act = (
        None
        if shadow is not None and message.record is not None and shadow.get(_TOUCH) == message.record.touch
        else message.act
    )
    return replace(message, values=values, act=act)


def written(shadow: Shadow | None, fields: Mapping[str, Value]) -> dict[str, Value]:
    """What the vendor holds after we wrote `fields`."""
    return {**(shadow or {}), **fields}


def _same(left: Value, right: Value) -> bool:
    if isinstance(left, str) and isinstance(right, str):
        return left.strip() == right.strip()
    return left == right or (left in (None, "") and right in (None, ""))
