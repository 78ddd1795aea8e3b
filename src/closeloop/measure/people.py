"""Finds people by a part of their name, address or company."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, text

from closeloop.measure.stored import called, like_part, text_of
from closeloop.words.moment import from_us


@dataclass(frozen=True, slots=True)
class Listed:
    """One resolved person in a list."""

    id: str
    name: str
    email: str
    company: str
    country: str
    tier: str
    custody: str
    n_leads: int
    since: datetime

    @property
    def called(self) -> str:
        """Name, else address, else the end of the id."""
        return called(self.name, self.email, self.id)


# The list is cut before names are looked up, which costs more than all the rest.
_LIST = """
    SELECT p.*, (SELECT COUNT(*) FROM v_leads l WHERE l.person_id = p.person_id) AS n_leads
    FROM (SELECT entity_id, created_at FROM v_entities e
          WHERE kind = 'person' AND root_id = entity_id{} ORDER BY created_at DESC, entity_id LIMIT :most) latest
    JOIN v_people p ON p.person_id = latest.entity_id ORDER BY p.created_at DESC, p.person_id"""
_LATEST = text(_LIST.format(""))
_FOUND = text(
    _LIST.format("""
          AND entity_id IN (
            SELECT entity_id FROM v_believed
            WHERE field IN ('name', 'email', 'company') AND LOWER(given) LIKE :part ESCAPE '!'
            UNION SELECT root_id FROM v_keys WHERE kind = 'email' AND value LIKE :part ESCAPE '!')""")
)

_CALLED = text("SELECT person_id, name, email FROM v_people WHERE person_id IN :ids").bindparams(
    bindparam("ids", expanding=True)
)


def people(connection: Connection, part: str = "", most: int = 50) -> tuple[Listed, ...]:
    """People whose name, address or company contains `part`; the newest when it is empty."""
    if part.strip():
        found = connection.execute(_FOUND, {"part": f"%{like_part(part)}%", "most": most})
    else:
        found = connection.execute(_LATEST, {"most": most})
    return tuple(
        Listed(
            line.person_id, text_of(line.name), text_of(line.email), text_of(line.company), text_of(line.country),
            line.tier, line.custody, line.n_leads, from_us(line.created_at),
        )
        for line in found
    )  # fmt: skip


def called_each(connection: Connection, ids: Collection[str]) -> dict[str, str]:
    """Resolved person → what to call them."""
    found = connection.execute(_CALLED, {"ids": sorted(ids)}) if ids else ()
    return {line.person_id: called(text_of(line.name), text_of(line.email), line.person_id) for line in found}
