"""One person's values taken out of commands, plans and shadows; that something went out to somebody stays."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, bindparam, case, delete, null, or_, select, update

from closeloop.db import among
from closeloop.identity.erasure import ERASED
from closeloop.outbox.merge import LOSER
from closeloop.outbox.nouns import MAIL, UNFINISHED, ShadowKey
from closeloop.outbox.plans import Plan
from closeloop.outbox.readiness import Readiness
from closeloop.outbox.store.plans import plans
from closeloop.outbox.store.tables import commands, shadows
from closeloop.ports import Verb
from closeloop.words.moment import from_us

NOT_SENT = "the person was erased before it was sent"
_IS_OPEN_ORDER = and_(commands.c.verb == Verb.ERASE.value, commands.c.state != "done")
_UPDATE = f":{Verb.UPDATE.value}:"
_NAMED_BY_CAUSE = [each.value for each in (Verb.UPDATE, Verb.MERGE, Verb.CONVERT, Verb.RESTORE)]
_OURS_ALONE = [each.value for each in (Verb.CREATE, Verb.ERASE)]
_PAGE = 10_000


class Renamed(NamedTuple):
    """Commands by old key, with the new one, and when the first of them was planned."""

    keys: Mapping[str, str]
    since: datetime | None


def records_written(connection: Connection, family: Sequence[str]) -> set[ShadowKey]:
    """Every record that a command for the person named or made."""
    theirs = select(commands).where(among(commands.c.person_id, family), commands.c.source != MAIL)
    found = set()
    for row in connection.execute(theirs):
        if row.ref_id is not None:
            found.add((row.source, row.ref_object, row.ref_id))
        if row.answer_id is not None:
            found.add((row.source, row.ref_object or row.object, row.answer_id))
    return found


def keys_of(connection: Connection, family: Sequence[str]) -> set[str]:
    """The keys of every command for the person."""
    return set(connection.execute(select(commands.c.key).where(among(commands.c.person_id, family))).scalars())


def blank(connection: Connection, family: Sequence[str]) -> None:
    """Take values out of every command for the person, and call back what was not sent.

    What is under way may still be answered, and one that gave up is not to be tried again; an order to erase keeps its
    record until it is carried out.
    """
    theirs = among(commands.c.person_id, family)
    connection.execute(
        update(commands)
        .where(theirs, commands.c.verb != Verb.ERASE.value, commands.c.state.in_(("waiting", "dead")))
        .values(state="done", reason=NOT_SENT)
    )
    connection.execute(
        update(commands)
        .where(theirs, ~_IS_OPEN_ORDER)
        .values(
            fields="{}",
            message_id=ERASED,
            answer_id=None,
            reason=case((commands.c.reason == NOT_SENT, NOT_SENT), else_=null()),
            # What is under way keeps whom it speaks to: it may be sent again.
            ref_id=case((commands.c.state.in_(UNFINISHED), commands.c.ref_id), else_=null()),
            refs=case((commands.c.state.in_(UNFINISHED), commands.c.refs), else_="{}"),
        )
    )


def unname_causes(connection: Connection, message_ids: Sequence[str]) -> None:
    """What these messages brought about for others stays, but not the names of the messages."""
    caused = update(commands).where(among(commands.c.message_id, message_ids))
    connection.execute(caused.values(message_id=ERASED))


def keys_naming(connection: Connection, message_ids: Collection[str], records: Iterable[ShadowKey]) -> set[str]:
    """The keys, whosever commands they are, that are made of one of these messages or records. Reads all keys once."""
    endings = tuple(f":{source}.{name}:{id_}" for source, name, id_ in records)
    wanted = select(commands.c.key).where(commands.c.verb.in_(_NAMED_BY_CAUSE))
    found = set()
    for key in connection.execute(wanted.execution_options(yield_per=_PAGE)).scalars():
        said = key.partition(":")[2]
        causes = {said.partition(_UPDATE)[0], said.rpartition(_UPDATE)[0]}
        if key.endswith(endings) or not causes.isdisjoint(message_ids):
            found.add(key)
    return found


def people_of(connection: Connection, keys: Collection[str]) -> list[str]:
    """Whom these commands are about."""
    theirs = select(commands.c.person_id).where(among(commands.c.key, sorted(keys)), commands.c.person_id.is_not(None))
    return sorted(set(connection.execute(theirs).scalars()))


def rename(connection: Connection, names: Mapping[str, str]) -> Renamed:
    """Give these commands other keys, but those under way, whose answers will name them.

    A create keeps its own, which is made of ids of ours and makes sure that nothing is made twice.
    """
    wanted = select(commands.c.key, commands.c.created_at, commands.c.state).where(
        among(commands.c.key, sorted(names)), commands.c.verb.not_in(_OURS_ALONE)
    )
    found = connection.execute(wanted.order_by(commands.c.key).with_for_update()).all()
    # Looked at once it is locked: another worker may be settling its answer.
    rows = [row for row in found if row.state != "leased"]
    if not rows:
        return Renamed({}, None)
    statement = update(commands).where(commands.c.key == bindparam("old")).values(key=bindparam("new"))
    connection.execute(statement, [{"old": row.key, "new": names[row.key]} for row in rows])
    renamed = {row.key: names[row.key] for row in rows}
    _rename_in_plans(connection, renamed)
    return Renamed(renamed, from_us(min(row.created_at for row in rows)))


def forget_records(connection: Connection, records: Iterable[ShadowKey]) -> None:
    """What these records held is known no more."""
    for key in sorted(set(records)):
        connection.execute(delete(shadows).where(_is(key)))


def forget_mentions(connection: Connection, records: Iterable[ShadowKey], words: Collection[str]) -> None:
    """Of these records only what does not name the person stays known."""
    for key in sorted(set(records)):
        held = connection.execute(select(shadows.c.fields).where(_is(key))).scalar()
        if held is None:
            continue
        fields = {name: value for name, value in json.loads(held).items() if not _names(value, words)}
        connection.execute(update(shadows).where(_is(key)).values(fields=json.dumps(fields, ensure_ascii=False)))


def forget_losers(connection: Connection, records: Iterable[ShadowKey]) -> None:
    """One of these that went into a record of somebody else, and was parted from it, is not told of any more."""
    theirs = set(records)
    merged = select(commands.c.key, commands.c.source, commands.c.refs)
    merged = merged.where(commands.c.verb == Verb.MERGE.value, commands.c.state == "done")
    for row in connection.execute(merged).all():
        name, id_ = json.loads(row.refs).get(LOSER, (None, None))
        if (row.source, name, id_) in theirs:
            refs = json.dumps({LOSER: [name, ERASED]})
            connection.execute(update(commands).where(commands.c.key == row.key).values(refs=refs, fields="{}"))


def blank_plans(connection: Connection, family: Sequence[str], keys: Collection[str]) -> None:
    """The person's lines of every plan stay as lines that do not say whose they are; examples and links go."""
    mentions = or_(*(plans.c.content.contains(each, autoescape=True) for each in family))
    for id_, content in connection.execute(select(plans.c.id, plans.c.content).where(mentions)).all():
        plan = msgspec.json.decode(content, type=Plan)
        lines = tuple(
            replace(line, who="", record_id=None, loser=None, into=None, changes=(), refused=line.refused and ERASED)
            if line.key in keys or line.person_id in family
            else line
            for line in plan.lines
        )
        linked = tuple(each for each in plan.linked if not set(each.entity_ids).intersection(family))
        plan = replace(plan, lines=lines, readiness=_nameless(plan.readiness), linked=linked)
        encoded = msgspec.json.encode(plan).decode()
        connection.execute(update(plans).where(plans.c.id == id_).values(content=encoded))


def _rename_in_plans(connection: Connection, renamed: Mapping[str, str]) -> None:
    for id_, content in connection.execute(select(plans.c.id, plans.c.content)).all():
        plan = msgspec.json.decode(content, type=Plan)
        lines = tuple(replace(line, key=renamed.get(line.key, line.key)) for line in plan.lines)
        if lines != plan.lines:
            encoded = msgspec.json.encode(replace(plan, lines=lines)).decode()
            connection.execute(update(plans).where(plans.c.id == id_).values(content=encoded))


def _nameless(readiness: Sequence[Readiness]) -> tuple[Readiness, ...]:
    """Without the examples: each is a line of somebody, word for word."""
    return tuple(
        replace(each, troubles=tuple(replace(trouble, example=ERASED) for trouble in each.troubles))
        for each in readiness
    )


def _names(value: object, words: Collection[str]) -> bool:
    return isinstance(value, str) and any(word.lower() in value.lower() for word in words)


def _is(key: ShadowKey) -> ColumnElement[bool]:
    source, name, id_ = key
    return and_(shadows.c.source == source, shadows.c.object == name, shadows.c.record_id == id_)
