"""The links that no approved plan has told of yet, by the batches that made them."""

from __future__ import annotations

from itertools import groupby

import msgspec
from sqlalchemy import Connection, column, select, text
from sqlalchemy import table as known_table

from closeloop.db import TEXT, among
from closeloop.outbox.linked import MOST_LINKED, Linked, by_key, by_link
from closeloop.outbox.store.plans import plans

_LINKS = """
    FROM v_links l JOIN v_messages m ON m.id = l.message_id
    WHERE l.undone_at IS NULL AND m.batch > :since"""
_COUNT_LINKS = text(f"SELECT COUNT(*) {_LINKS}")
# The least sure first; what keys or people said is not weighed.
_LOAD_LINKS = text(f"""
    SELECT l.id, l.kind, l.survivor_id, l.loser_id, l.root_id, l.reason, l.evidence, l.snapshot {_LINKS}
    ORDER BY COALESCE(l.weight, 1000000), l.id LIMIT :most""")
# People with a new record that is not their first, and that the hub did not make itself.
_TOGETHER = """
    WITH made AS (
      SELECT source || '.' || object AS kind, answer_id AS value FROM v_commands
      WHERE verb = 'create' AND answer_id IS NOT NULL),
    held AS (
      SELECT k.entity_id, k.at, k.message_id, CASE WHEN made.value IS NULL THEN 0 ELSE 1 END AS ours
      FROM v_keys k LEFT JOIN made ON made.kind = k.kind AND made.value = k.value
      WHERE k.entity_kind = 'person' AND k.kind LIKE '%.%' AND k.kind NOT LIKE '%.user'),
    fresh AS (
      SELECT held.entity_id, MAX(held.at) AS at FROM held JOIN v_messages m ON m.id = held.message_id
      WHERE held.ours = 0 AND m.kind <> 'answer' AND m.batch > :since GROUP BY held.entity_id),
    together AS (
      SELECT held.entity_id FROM held JOIN fresh ON fresh.entity_id = held.entity_id
      GROUP BY held.entity_id HAVING SUM(1 - held.ours) > 1 OR MIN(held.at) < MAX(fresh.at))"""
_COUNT_TOGETHER = text(f"{_TOGETHER} SELECT COUNT(*) FROM together")  # noqa: S608 - texts of ours
_LOAD_TOGETHER = text(f"""
    {_TOGETHER} SELECT k.entity_id, k.root_id, k.kind, k.value FROM v_keys k
    WHERE k.entity_id IN (SELECT entity_id FROM together ORDER BY entity_id LIMIT :most)
    ORDER BY k.entity_id, k.at, k.kind, k.value""")  # noqa: S608 - texts of ours
_winners = known_table("v_winners", *(column(name, TEXT) for name in ("root_id", "field", "value")))
_LAST = text("SELECT COALESCE(MAX(no), 0) FROM v_batches")


class _Until(msgspec.Struct):
    decided: int = 0


def last_decided(connection: Connection) -> int:
    """The number of the last batch that was decided."""
    return int(connection.execute(_LAST).scalar_one())


def load_linked(connection: Connection) -> tuple[tuple[Linked, ...], int]:
    """The links since the last approved plan was made, the least sure first, and how many there are in all."""
    approved = select(plans.c.content).where(plans.c.approved_at.is_not(None))
    content = connection.execute(approved.order_by(plans.c.made_at.desc(), plans.c.id.desc()).limit(1)).scalar()
    asked = {"since": msgspec.json.decode(content, type=_Until).decided if content else 0}
    n = sum(int(connection.execute(each, asked).scalar_one()) for each in (_COUNT_LINKS, _COUNT_TOGETHER))
    links = [
        by_link(row.id, row.kind, (row.survivor_id, row.loser_id, row.root_id), row.reason, row.evidence, row.snapshot)
        for row in connection.execute(_LOAD_LINKS, {**asked, "most": MOST_LINKED})
    ]
    return (*links, *_together(connection, asked["since"], MOST_LINKED - len(links))), n


def _together(connection: Connection, since: int, most: int) -> list[Linked]:
    rows = connection.execute(_LOAD_TOGETHER, {"since": since, "most": most}).all()
    roots = sorted({row.root_id for row in rows})
    theirs = select(_winners).where(_winners.c.field == "name", among(_winners.c.root_id, roots))
    names = {row.root_id: msgspec.json.decode(row.value) for row in connection.execute(theirs)}
    return [
        by_key(
            (entity_id, held[0].root_id) if entity_id != held[0].root_id else (entity_id,),
            [(row.kind, row.value) for row in held],
            str(names.get(held[0].root_id, "")),
        )
        for entity_id, group in groupby(rows, lambda row: row.entity_id)
        if (held := list(group))
    ]
