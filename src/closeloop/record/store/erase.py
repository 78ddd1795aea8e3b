"""One person's values taken away, and those that others would hold by their word alone."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, and_, delete, func, not_, or_, select, update

from closeloop.db import among
from closeloop.identity.erasure import ERASED
from closeloop.record.builtin import RELATIONS
from closeloop.record.store.tables import field_values, verifications, winners


def given_texts(connection: Connection, family: Sequence[str], fields: Collection[str]) -> set[str]:
    """What was stated of the person under these fields, as it came: JSON."""
    said = select(field_values.c.given, field_values.c.value).where(among(field_values.c.entity_id, family))
    rows = connection.execute(said.where(among(field_values.c.field, sorted(fields))))
    return {text for row in rows for text in row}


def forget(connection: Connection, family: Sequence[str], message_ids: Sequence[str], deals: Sequence[str]) -> set[str]:
    """Take the values of these entities away, and what these messages stated of others, but for the person's deals.

    Returns the others, whose winners must be settled anew.
    """
    said = and_(among(field_values.c.message_id, message_ids), not_(among(field_values.c.entity_id, deals)))
    others = set(connection.execute(select(field_values.c.entity_id).where(said).distinct()).scalars())
    connection.execute(delete(field_values).where(said))
    for each in (field_values, winners):  # of deals, and of others where the winner stays
        connection.execute(update(each).where(among(each.c.message_id, message_ids)).values(message_id=ERASED))
    for each in (field_values, winners, verifications):
        connection.execute(delete(each).where(among(each.c.entity_id, family)))
    return others - set(family)


def forget_mentions(connection: Connection, entity_ids: Sequence[str], words: Collection[str]) -> None:
    """Take values away that name the person, of deals and the like; relations stay."""
    for each in (field_values, winners):
        is_relation = each.c.field.in_(sorted(RELATIONS))
        named = [
            func.lower(column).contains(word.lower(), autoescape=True)
            for column in (each.c.value, each.c.given)
            for word in sorted(words)
        ]
        if named and entity_ids:
            connection.execute(delete(each).where(among(each.c.entity_id, entity_ids), or_(*named), ~is_relation))
