"""The log of merges: each with both records as they stood before, why, by whom, and whether it was undone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, text

from closeloop.measure.review import Proof, proofs
from closeloop.measure.stored import Plain, called, in_words, like_part, mapping_of, moment
from closeloop.words.moment import from_us

_KEY = 2
"""Parts of a key: its kind and its value."""


@dataclass(frozen=True, slots=True)
class Stood:
    """One record as it stood before a merge: what it was believed to be, and its keys. Empty for merges of old."""

    id: str
    kind: str
    fields: Mapping[str, tuple[str, str]]
    """Field → value as given, and the path it came by."""
    keys: tuple[tuple[str, str], ...]

    @property
    def called(self) -> str:
        """Name, else address, else the end of the id."""
        name, _ = self.fields.get("company" if self.kind == "account" else "name", ("", ""))
        email, _ = self.fields.get("email", ("", ""))
        return called(name, email, self.id, self.kind)


@dataclass(frozen=True, slots=True)
class Merged:
    """A merge, which can be undone. `pair_id` is the question that it answered; None when strong keys did it."""

    id: str
    kind: str
    survivor_id: str
    loser_id: str
    root_id: str
    at: datetime
    by: str
    reason: str
    message_id: str
    undone_at: datetime | None
    undone_by: str | None
    weight: float | None
    evidence: tuple[Proof, ...]
    pair_id: str | None
    survivor: Stood
    loser: Stood


_ABOUT = """
    (:given = '' OR id = :given OR root_id IN (SELECT entity_id FROM about)
      OR loser_id IN (SELECT entity_id FROM about))"""
# Whom the text may mean: an id or its beginning, or a part of name, address or company, with everybody linked to them.
_WHOM = """
    WITH roots AS (
      SELECT root_id FROM v_entities WHERE :given <> '' AND SUBSTR(entity_id, 1, :length) = :given
      UNION SELECT entity_id FROM v_believed
      WHERE :given <> '' AND field IN ('name', 'email', 'company') AND LOWER(given) LIKE :part ESCAPE '!'
      UNION SELECT root_id FROM v_keys WHERE :given <> '' AND kind = 'email' AND value LIKE :part ESCAPE '!'),
    about AS (SELECT entity_id FROM v_entities WHERE root_id IN (SELECT root_id FROM roots))"""
# Ids begin with their time, so that the newest need not be sorted out of all.
_PAGE = text(f"{_WHOM} SELECT * FROM v_links WHERE {_ABOUT} ORDER BY id DESC LIMIT :most OFFSET :skip")  # noqa: S608 — texts of ours
_COUNT = text(f"{_WHOM} SELECT COUNT(*) FROM v_links WHERE {_ABOUT}")  # noqa: S608 — texts of ours
_ONE = text("SELECT * FROM v_links WHERE id = :id")
_OF = text(
    "SELECT * FROM v_links WHERE root_id = :root OR survivor_id = :root OR loser_id = :root ORDER BY at DESC, id"
)


def merges(connection: Connection, find: str = "", page: int = 1, most: int = 20) -> tuple[tuple[Merged, ...], int]:
    """One page of the log, the newest first, and how many merges there are in all.

    Args:
        find: a merge's id, a record's id or its beginning, or a part of a name, address or company; "" is all.
        page: from 1 on.
    """
    given = find.strip()
    asked = {"given": given, "length": len(given), "part": f"%{like_part(given)}%"}
    listed = connection.execute(_PAGE, {**asked, "most": most, "skip": (page - 1) * most})
    return tuple(_merged(line) for line in listed), connection.execute(_COUNT, asked).scalar_one()


def merge(connection: Connection, merge_id: str) -> Merged | None:
    """One merge; None when there is none with that id."""
    line = connection.execute(_ONE, {"id": merge_id}).first()
    return None if line is None else _merged(line)


def merges_of(connection: Connection, root_id: str) -> tuple[Merged, ...]:
    """Every merge that this record took part in, undone ones too, the newest first."""
    return tuple(_merged(line) for line in connection.execute(_OF, {"root": root_id}))


def _merged(line: Row[tuple[object, ...]]) -> Merged:
    stood = mapping_of(line.snapshot)
    return Merged(
        line.id, line.kind, line.survivor_id, line.loser_id, line.root_id, from_us(line.at), line.by, line.reason,
        line.message_id, moment(line.undone_at), line.undone_by, line.weight, proofs(line.evidence), line.pair_id,
        _stood(stood.get("survivor"), line.survivor_id, line.kind),
        _stood(stood.get("loser"), line.loser_id, line.kind),
    )  # fmt: skip


def _stood(found: Plain, record_id: str, kind: str) -> Stood:
    stood = found if isinstance(found, dict) else {}
    winners, keys = stood.get("winners"), stood.get("keys")
    believed = {
        name: (in_words(winner.get("given", winner.get("value"))), in_words(winner.get("path")))
        for name, winner in sorted((winners if isinstance(winners, dict) else {}).items())
        if isinstance(winner, dict)
    }
    pairs = (key for key in keys if isinstance(key, list) and len(key) == _KEY) if isinstance(keys, list) else ()
    return Stood(record_id, kind, believed, tuple((in_words(kind), in_words(value)) for kind, value in pairs))
