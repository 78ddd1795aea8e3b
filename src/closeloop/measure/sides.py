"""The two records of a pair, as they are believed now, to be looked at side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from closeloop.measure.relations import names_of
from closeloop.measure.stored import called, text_of
from closeloop.process.nouns import Process
from closeloop.words.moment import from_us


@dataclass(frozen=True, slots=True)
class Held:
    """One believed value, as it was given, and where it came from."""

    value: str
    path: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Side:
    """One record of a pair: a resolved person or account with everything that is linked to it.

    Attributes:
        fields: field → what is believed; relations and owners go by their names.
        keys: every strong key, as (kind, value), the oldest first.
        sources: the systems that told of it.
        n_records: how many records it is made of; 1 when it was never linked.
        n_belonging: a person's leads, an account's people.
    """

    id: str
    kind: str
    since: datetime
    fields: Mapping[str, Held]
    keys: tuple[tuple[str, str], ...]
    sources: tuple[str, ...]
    n_records: int
    n_belonging: int

    @property
    def called(self) -> str:
        """Name, else address, else the end of the id."""
        name = self.fields.get("company" if self.kind == "account" else "name")
        email = self.fields.get("email")
        return called(name.value if name else "", email.value if email else "", self.id, self.kind)


_ENTITIES = text("""
    SELECT r.entity_id, r.kind, r.created_at,
      (SELECT COUNT(*) FROM v_entities m WHERE m.root_id = r.entity_id) AS n_records,
      CASE WHEN r.kind = 'account' THEN
        (SELECT COUNT(DISTINCT w.root_id) FROM v_entities m JOIN v_winners w ON w.value = '"' || m.entity_id || '"'
         WHERE m.root_id = r.entity_id AND w.field = 'account' AND w.kind = 'person')
      ELSE (SELECT COUNT(*) FROM v_leads l WHERE l.person_id = r.entity_id) END AS n_belonging
    FROM v_entities r WHERE r.entity_id IN (:left, :right)""")
_FIELDS = text(
    "SELECT root_id, field, value, given, path, at FROM v_winners WHERE root_id IN (:left, :right) ORDER BY field"
)
_KEYS = text(
    "SELECT root_id, kind, value FROM v_keys WHERE root_id IN (:left, :right) ORDER BY root_id, at, kind, value"
)


def sides(connection: Connection, process: Process, left: str, right: str) -> tuple[Side, Side] | None:
    """Both records by the ids of their roots; None when one of them is no more."""
    asked = {"left": left, "right": right}
    found = {line.entity_id: line for line in connection.execute(_ENTITIES, asked)}
    if left not in found or right not in found:
        return None
    lines = connection.execute(_FIELDS, asked).all()
    names = names_of(connection, process, ((line.field, text_of(line.value)) for line in lines))
    fields: dict[str, dict[str, Held]] = {left: {}, right: {}}
    for line in lines:
        shown = names.get(text_of(line.value)) or text_of(line.given)
        fields[line.root_id][line.field] = Held(shown, line.path, from_us(line.at))
    keys: dict[str, list[tuple[str, str]]] = {left: [], right: []}
    for root_id, kind, value in connection.execute(_KEYS, asked):
        keys[root_id].append((kind, value))

    def side(root_id: str) -> Side:
        line = found[root_id]
        paths = (held.path for held in fields[root_id].values())
        told = {
            *(path.partition(".")[0] for path in paths),
            *(kind.partition(".")[0] for kind, _ in keys[root_id] if "." in kind),
        }
        return Side(
            root_id, line.kind, from_us(line.created_at), fields[root_id], tuple(keys[root_id]), tuple(sorted(told)),
            line.n_records, line.n_belonging,
        )  # fmt: skip

    return side(left), side(right)
