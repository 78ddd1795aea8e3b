"""One person's values taken out of commands, plans and shadows; that something went out to somebody stays."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, case, delete, null, or_, select, update

from closeloop.db import among
from closeloop.identity.erasure import ERASED
from closeloop.outbox.nouns import MAIL, UNFINISHED, ShadowKey
from closeloop.outbox.plans import Plan
from closeloop.outbox.readiness import Readiness
from closeloop.outbox.store.plans import plans
from closeloop.outbox.store.tables import commands, shadows
from closeloop.ports import Verb

NOT_SENT = "the person was erased before it was sent"
_IS_OPEN_ORDER = and_(commands.c.verb == Verb.ERASE.value, commands.c.state != "done")


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


def unname(connection: Connection, family: Sequence[str], message_ids: Sequence[str]) -> None:
    """Mails are known by the message that they tell of, whose name may be an address: that goes too."""
    theirs = select(commands.c.key).where(among(commands.c.person_id, family), commands.c.source == MAIL)
    keys = connection.execute(theirs.where(commands.c.state.not_in(UNFINISHED)).order_by(commands.c.key)).scalars()
    named = [key for key in keys if any(id_ in key for id_ in message_ids)]
    for n, key in enumerate(named):
        connection.execute(update(commands).where(commands.c.key == key).values(key=f"{family[0]}:erased:{n}"))
    caused = update(commands).where(among(commands.c.message_id, message_ids))
    connection.execute(caused.values(message_id=ERASED))


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
