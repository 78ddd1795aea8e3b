"""What is news in a record that we may have written ourselves: compared with what that side is known to hold."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from closeloop.inbox.fields import Named
from closeloop.inbox.nouns import Message
from closeloop.outbox.nouns import STATE, Shadow, is_gone
from closeloop.outbox.overruled import WRITTEN, names_in, with_ours
from closeloop.ports import Command, Record, Ref, Value, Verb
from closeloop.record.clearing import is_blank
from closeloop.words.moment import to_us
from closeloop.words.normal import comparable

_TOUCH, _OWNER, _AT, _OURS, _REFS = "_touch", "_owner", "_at", "_ours", "_refs"
"""Beside the vendor's fields and `STATE`: `_OURS` has the names of those that we wrote and have not read since, `_REFS`
what the record points to."""


def shadow_of(record: Record) -> dict[str, Value]:
    """What the vendor holds now, with how the record stands."""
    state = "deleted" if record.deleted else _named(record.became) or ("active" if record.active else "inactive")
    owner = record.refs.get("owner")
    stands = {_TOUCH: record.touch, STATE: state, _OWNER: owner.id if owner else None}
    refs = {name: [ref.object, ref.id] for name, ref in sorted(record.refs.items()) if name != "owner"}
    return {**record.fields, **stands, _AT: to_us(record.changed_at), _OURS: None, _REFS: json.dumps(refs)}


def pointed_before(record: Record, shadow: Shadow | None) -> frozenset[str]:
    """The relations by which it was known to point to the same: said again with each change, they are no news."""
    held = points_to(shadow)
    return frozenset(name for name, ref in record.refs.items() if held.get(name) == ref)


def points_to(shadow: Shadow | None) -> Mapping[str, Ref]:
    """What a record was last known to point to, by relation."""
    kept = (shadow or {}).get(_REFS)
    return {name: Ref(*ref) for name, ref in json.loads(kept).items()} if isinstance(kept, str) else {}


def was_read(shadow: Shadow | None) -> bool:
    """Whether the vendor has told of this record before; that we wrote it does not count."""
    return shadow is not None and STATE in shadow


def is_overtaken(record: Record, shadow: Shadow | None) -> bool:
    """Whether a later state of the record is known: this one is history, of which no news can come."""
    read_at = (shadow or {}).get(_AT)
    return isinstance(read_at, int) and to_us(record.changed_at) < read_at


def is_over(record: Record, shadow: Shadow | None) -> bool:
    """Whether the record is known to have ended as it says: nobody works on it any more, so no news can come of it."""
    return is_gone(shadow) and shadow_of(record)[STATE] == (shadow or {}).get(STATE)


def news_of(record: Record, shadow: Shadow | None, fields: Sequence[Named]) -> frozenset[str]:
    """Names of the fields that differ from what the vendor was known to hold; all of them for a record never seen.

    What we wrote ourselves and the vendor keeps in another spelling is no news.

    Args:
        fields: what the process names at this source, for the normal forms.
    """
    now = shadow_of(record)
    if shadow is None:
        return frozenset(now)
    news = {name for name, value in now.items() if name not in shadow or not _same(shadow[name], value)} - {_AT, _OURS}
    if _REFS not in shadow:
        news -= {_REFS}  # kept before it was noted what a record points to
    spelled = news & names_in(shadow, _OURS)
    if spelled:
        forms = _forms(record, fields)
        news -= {name for name in spelled & forms.keys() if _equal(forms[name], shadow[name], now[name])}
    return frozenset(news)


def not_ours(
    record: Record, news: frozenset[str], under_way: Iterable[Command], fields: Sequence[Named]
) -> frozenset[str]:
    """The news without what commands that nobody answered yet write there: their answers may be lost, or late.

    Args:
        under_way: what is to make or change this record.
    """
    forms = _forms(record, fields)
    ours = {
        name
        for command in under_way
        for name, value in command.fields.items()
        if name in news and _equal(forms.get(name, "text"), value, record.fields.get(name))
    }
    return news - ours


def set_back(record: Record, news: frozenset[str], shadow: Shadow | None, fields: Sequence[Named]) -> frozenset[str]:
    """The news that stand where we had written something else, whether that was read in between or not."""
    ours = names_in(shadow, WRITTEN) & news & record.fields.keys()
    if not ours:
        return frozenset()
    forms, held = _forms(record, fields), shadow or {}
    return frozenset(n for n in ours if not _equal(forms.get(n, "text"), held.get(n), record.fields[n]))


def emptied(record: Record, shadow: Shadow | None) -> dict[str, bool]:
    """The fields that are blank and held a value before, with whether that was read in this very record.

    What we wrote and have not read since is none of the vendor's: it may never have kept it.
    """
    if shadow is None or not was_read(shadow) or record.deleted:
        return {}
    ours = names_in(shadow, _OURS)
    return {
        name: name not in ours
        for name, value in record.fields.items()
        if is_blank(value) and not is_blank(shadow.get(name))
    }


def only_news(message: Message, news: frozenset[str], shadow: Shadow | None) -> Message:
    """The message without values that the vendor held before, and without an act that was told before."""
    values = tuple(each for each in message.values if each.path.rpartition(".")[2] in news)
    told = shadow is not None and message.record is not None and shadow.get(_TOUCH) == message.record.touch
    return replace(message, values=values, act=None if told else message.act)


def written(shadow: Shadow | None, command: Command) -> dict[str, Value]:
    """What the vendor holds in the record that it made, changed or let survive by a command of ours."""
    before = shadow or {}
    owner = command.refs.get("owner")
    stands = {**before, **command.fields, _OURS: ",".join(sorted({*names_in(before, _OURS), *command.fields}))}
    marks = with_ours(before, command.fields) if command.verb is Verb.UPDATE else {}
    return stands | marks | ({_OWNER: owner.id} if owner else {})


def merged(shadow: Shadow | None, *became: Ref) -> dict[str, Value]:
    """What is known of a record that went into others: where it lives on, and what it last held.

    Its fields stay, since the vendor reads them out once more and they are no news then.
    """
    return {**(shadow or {}), STATE: _named(became)}


def restored(shadow: Shadow | None, command: Command) -> dict[str, Value]:
    """What the vendor holds in a record that lives again."""
    return {**written(shadow, command), STATE: "active"}


def _named(refs: Iterable[Ref]) -> str:
    return ",".join(f"{ref.object}:{ref.id}" for ref in refs)


def _forms(record: Record, fields: Sequence[Named]) -> dict[str, str]:
    """Normal forms of the record's fields: a path without an object means the entity's own records, and people's."""
    return {
        named.name: named.form
        for named in fields
        if named.object == record.object or (named.object is None and record.entity in ("person", named.entity))
    }


def _equal(form: str, left: Value, right: Value) -> bool:
    return comparable(form, left) == comparable(form, right)


def _same(left: Value, right: Value) -> bool:
    if isinstance(left, str) and isinstance(right, str):
        return left.strip() == right.strip()
    return left == right or (left in (None, "") and right in (None, ""))
