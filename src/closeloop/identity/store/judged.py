"""Pairs that may be one: kept for a person to judge, found again by their two, and judged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection, Row, select, update

from closeloop.db import among, put
from closeloop.identity.nouns import Pair
from closeloop.identity.store.links import evidence_json
from closeloop.identity.store.tables import entities, pairs
from closeloop.matching.nouns import Evidence
from closeloop.words.errors import BadInput
from closeloop.words.moment import from_us, to_us

_PAIR = (
    "id", "kind", "left_id", "right_id", "weight", "state", "why", "evidence", "bundle", "at", "message_id",
    "decided_at", "decided_by",
)  # fmt: skip
_evidence = msgspec.json.Decoder(list[dict[str, str | float]]).decode


def save_pairs(connection: Connection, found: Iterable[Pair]) -> None:
    """Keep pairs. One that is there already under its id says from now on what this one says."""
    rows = [
        (
            each.id, each.kind, each.left_id, each.right_id, each.weight, each.state, each.why,
            evidence_json(each.evidence), each.bundle, to_us(each.at), each.message_id,
            None if each.decided_at is None else to_us(each.decided_at), each.decided_by,
        )
        for each in found
    ]  # fmt: skip
    put(connection, pairs, _PAIR, rows, "replace")


def load_pairs(connection: Connection, entity_ids: Sequence[str]) -> list[Pair]:
    """Every pair of which one of these is the older or the younger side, in whatever state."""
    found = {}
    for side in (pairs.c.left_id, pairs.c.right_id):
        for row in connection.execute(select(pairs).where(among(side, entity_ids))):
            found[row.id] = _pair(row)
    return [found[id_] for id_ in sorted(found)]


def load_pair(connection: Connection, pair_id: str) -> tuple[Pair, str, str]:
    """One pair, locked, and the roots that its two are linked to now.

    Raises:
        BadInput: there is no such pair.
    """
    row = connection.execute(select(pairs).where(pairs.c.id == pair_id).with_for_update()).one_or_none()
    if row is None:
        raise BadInput(f"there is no pair {pair_id!r}; `closeloop pairs` lists those that wait for an answer")
    roots = dict(
        connection.execute(
            select(entities.c.id, entities.c.root_id).where(entities.c.id.in_((row.left_id, row.right_id)))
        ).all()
    )
    return _pair(row), roots.get(row.left_id, row.left_id), roots.get(row.right_id, row.right_id)


def judge(connection: Connection, pair_id: str, state: str, by: str | None, at: datetime | None) -> None:
    """A pair is open, the same, different or moot from now on; `by` and `at` are None for what nobody judged."""
    decided = {"state": state, "decided_at": None if at is None else to_us(at), "decided_by": by, "skipped_at": None}
    connection.execute(update(pairs).where(pairs.c.id == pair_id).values(decided))


def skip(connection: Connection, pair_id: str, at: datetime) -> None:
    """Somebody looked at the pair and left it for later."""
    connection.execute(update(pairs).where(pairs.c.id == pair_id).values(skipped_at=to_us(at)))


def _pair(row: Row[tuple[object, ...]]) -> Pair:
    evidence = tuple(
        Evidence(
            str(each["comparison"]), str(each["level"]), float(each["weight"]), str(each["left"]), str(each["right"])
        )
        for each in _evidence(row.evidence)
    )
    return Pair(
        row.id, row.kind, row.left_id, row.right_id, row.weight, row.state, row.why, evidence, row.bundle,
        from_us(row.at), row.message_id, None if row.decided_at is None else from_us(row.decided_at), row.decided_by,
    )  # fmt: skip
