"""Names for the ids that fields hold: of a company, a deal, a campaign, and of the seller who owns something."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, bindparam, text

from closeloop.measure.person_nouns import FieldStory
from closeloop.measure.stored import text_of
from closeloop.process.nouns import Process
from closeloop.record.builtin import RELATIONS

_NAMES = text("""
    SELECT e.entity_id, w.given FROM v_entities e JOIN v_winners w ON w.root_id = e.root_id
    WHERE e.entity_id IN :ids AND w.field = CASE WHEN e.kind = 'account' THEN 'company' ELSE 'name' END
    """).bindparams(bindparam("ids", expanding=True))


def names_in(connection: Connection, process: Process, fields: Iterable[FieldStory]) -> dict[str, str]:
    """Id → name, for every id among the believed and reported values of these fields that has one."""
    said = (
        (field.field, value) for field in fields for value in (field.value, *(one.value for one in field.candidates))
    )
    return names_of(connection, process, said)


def names_of(connection: Connection, process: Process, said: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Id → name, for every id among these values, each with the field that holds it.

    An owner is the id of a CRM user: a member of the team goes by their name there, anybody else by the id.
    """
    related: set[str] = set()
    users: set[str] = set()
    for field, value in said:
        if field in RELATIONS:
            related.add(value)
        elif field == "owner":
            users.add(value)
    names = {user: member.name for user in users if (member := process.member_by_user(user)) is not None}
    for entity_id, given in connection.execute(_NAMES, {"ids": sorted(related)}) if related else ():
        names[entity_id] = text_of(given)
    return names
