"""New entities, keys, browsers and links written down; one link undone, and what follows for open questions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, ScalarSelect, or_, select, update

from closeloop.db import among, put
from closeloop.identity.nouns import Attributed, Merge
from closeloop.identity.store.known import lock
from closeloop.identity.store.tables import entities, keys, merges, pairs, visits
from closeloop.matching.nouns import Evidence
from closeloop.words.errors import BadInput
from closeloop.words.moment import to_us

_MERGE = (
    "id", "kind", "survivor_id", "loser_id", "at", "by", "reason", "message_id",
    "weight", "evidence", "pair_id", "snapshot",
)  # fmt: skip
_UNDONE = (
    "id", "kind", "left_id", "right_id", "weight", "state", "why", "evidence", "bundle", "at", "message_id",
    "decided_at", "decided_by",
)  # fmt: skip


def save(connection: Connection, found: Attributed) -> None:
    """Write what is new. A key or entity that another worker claimed meanwhile raises IntegrityError: decide again."""
    put(
        connection,
        entities,
        ("id", "kind", "root_id", "created_at", "message_id"),
        [(born.id, born.kind, born.id, to_us(born.at), born.message_id) for born in found.born],
    )
    put(
        connection,
        keys,
        ("kind", "value", "entity_id", "at", "message_id"),
        [
            (*claim.key, claim.entity_id, to_us(claim.at), claim.message_id)
            for claim in sorted(found.claims, key=lambda claim: claim.key)
        ],
    )
    put(
        connection,
        visits,
        ("visitor", "at", "person_id", "message_id"),
        [(visit.visitor, to_us(visit.at), visit.person_id, visit.message_id) for visit in found.visits],
        "keep",
    )
    link(connection, found.merges)


def link(connection: Connection, made: Sequence[Merge]) -> None:
    """Make these links, one after the other, since one may build on the one before it. Their roots are locked."""
    put(connection, merges, _MERGE, [_merge_row(each) for each in made])
    for merge in made:
        connection.execute(
            update(entities).where(entities.c.root_id == merge.loser_id).values(root_id=merge.survivor_id)
        )
    if made:
        _close_questions(connection, sorted({merge.survivor_id for merge in made}))


def unlink(connection: Connection, merge_id: str, by: str, at: datetime) -> tuple[str, ...]:
    """Undo one merge and return the roots concerned: all stood under its own entity, only the link goes.

    Raises:
        BadInput: there is no such merge, or it is undone already.
    """
    row = connection.execute(select(merges).where(merges.c.id == merge_id).with_for_update()).one_or_none()
    if row is None:
        raise BadInput(
            f"there is no merge {merge_id!r}; `closeloop why person ID` lists a person's merges with their ids"
        )
    if row.undone_at is not None:
        raise BadInput(f"merge {merge_id} was undone already, by {row.undone_by}")
    connection.execute(update(merges).where(merges.c.id == merge_id).values(undone_at=to_us(at), undone_by=by))
    locked = lock(connection, [row.survivor_id])
    root, linked = locked[row.survivor_id], sorted(locked)
    links = connection.execute(
        select(merges.c.survivor_id, merges.c.loser_id)
        .where(merges.c.undone_at.is_(None), or_(among(merges.c.survivor_id, linked), among(merges.c.loser_id, linked)))
        .order_by(merges.c.at, merges.c.id)
    )
    roots = {member: member for member in linked}
    for survivor, loser in links:
        low, high = sorted((roots[survivor], roots[loser]))
        roots = {member: low if of == high else of for member, of in roots.items()}
    for each in sorted(set(roots.values()) - {root}):
        freed = [member for member, of in roots.items() if of == each]
        connection.execute(update(entities).where(among(entities.c.id, freed)).values(root_id=each))
    _tell_apart(connection, row, by, at)
    _ask_again(connection, linked)
    return tuple(sorted(set(roots.values())))


def evidence_json(found: Sequence[Evidence]) -> str:
    """As `pairs` and `merges` keep it: a list of objects."""
    return msgspec.json.encode([each._asdict() for each in found]).decode()


def _merge_row(merge: Merge) -> tuple[str | int | float | None, ...]:
    return (
        merge.id, merge.kind, merge.survivor_id, merge.loser_id, to_us(merge.at), merge.by, merge.reason,
        merge.message_id, merge.weight, evidence_json(merge.evidence) if merge.evidence else None, merge.pair_id,
        merge.snapshot,
    )  # fmt: skip


def _tell_apart(connection: Connection, merge: Row[tuple[object, ...]], by: str, at: datetime) -> None:
    """The pair that a link joined is different from now on, by whoever undid the link."""
    left, right = sorted((merge.survivor_id, merge.loser_id))
    which = (
        pairs.c.id == merge.pair_id
        if merge.pair_id is not None
        else (pairs.c.left_id == left) & (pairs.c.right_id == right)
    )
    judged = {"state": "different", "decided_at": to_us(at), "decided_by": by}
    if connection.execute(update(pairs).where(which).values(judged)).rowcount == 0:
        undone = (
            merge.id, merge.kind, left, right, merge.weight or 0.0, "different", merge.reason,
            merge.evidence or "[]", "", merge.at, merge.message_id, to_us(at), by,
        )  # fmt: skip
        put(connection, pairs, _UNDONE, [undone])


def _close_questions(connection: Connection, roots: Sequence[str]) -> None:
    """Nobody needs to be asked any more about two who are one."""
    linked = select(entities.c.id).where(among(entities.c.root_id, roots))
    connection.execute(
        update(pairs)
        .where(pairs.c.state == "open", pairs.c.left_id.in_(linked), pairs.c.right_id.in_(linked))
        .where(_root_of(pairs.c.left_id) == _root_of(pairs.c.right_id))
        .values(state="moot")
    )


def _ask_again(connection: Connection, entity_ids: Sequence[str]) -> None:
    """What had become moot through a link is a question again once that is undone."""
    connection.execute(
        update(pairs)
        .where(pairs.c.state == "moot", or_(among(pairs.c.left_id, entity_ids), among(pairs.c.right_id, entity_ids)))
        .where(_root_of(pairs.c.left_id) != _root_of(pairs.c.right_id))
        .values(state="open")
    )


def _root_of(entity: ColumnElement[str]) -> ScalarSelect[str]:
    return select(entities.c.root_id).where(entities.c.id == entity).scalar_subquery()
