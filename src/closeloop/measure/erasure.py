"""What would go if somebody were erased, by system and by kind; and whose erasure a key belongs to."""

from __future__ import annotations

from sqlalchemy import Connection, text

from closeloop.identity.erasure import digest
from closeloop.identity.keys import EMAIL, OURS
from closeloop.inbox.nouns import Key
from closeloop.words.email import normalise_email
from closeloop.words.errors import BadInput

_RECORDS = text("""
    SELECT kind, COUNT(*) AS n FROM v_keys WHERE root_id = :root AND kind LIKE '%.%' AND kind NOT LIKE '%.user'
    GROUP BY kind ORDER BY kind""")
_COUNTS = {
    "addresses": "SELECT COUNT(*) FROM v_keys WHERE root_id = :root AND kind = 'email'",
    "values": "SELECT COUNT(*) FROM v_values WHERE root_id = :root",
    "touches": "SELECT COUNT(*) FROM v_timeline WHERE root_id = :root",
    "leads, kept as counts": "SELECT COUNT(*) FROM v_leads WHERE person_id = :root",
    "messages": "SELECT COUNT(*) FROM v_messages m JOIN v_entities e ON e.entity_id = m.subject_id"
    " WHERE e.root_id = :root",
    "receipts": "SELECT COUNT(DISTINCT m.receipt_id) FROM v_messages m JOIN v_entities e ON e.entity_id = m.subject_id"
    " WHERE e.root_id = :root",
}
_SALT = text("SELECT salt FROM v_tombstones LIMIT 1")
_WHOSE = text("SELECT erasure_id FROM v_tombstones WHERE digest = :digest")


def what_would_go(connection: Connection, root: str) -> list[tuple[str, int]]:
    """What there is of one person and how much: records by system and object first."""
    records = [(f"{row.kind} records", row.n) for row in connection.execute(_RECORDS, {"root": root})]
    counts = [
        (what, connection.execute(text(statement), {"root": root}).scalar_one()) for what, statement in _COUNTS.items()
    ]
    return [*records, *counts]


def erasure_of(connection: Connection, who: str) -> str:
    """The erasure that an e-mail address or a person's id belongs to.

    Raises:
        BadInput: nobody with it was erased.
    """
    salt = connection.execute(_SALT).scalar()
    email = normalise_email(who) if "@" in who else None
    key = Key(EMAIL, email) if email else Key(OURS, who.strip())
    found = salt and connection.execute(_WHOSE, {"digest": digest(salt, key)}).scalar()
    if not found:
        raise BadInput(f"nobody who was erased had {who!r}; valid is an e-mail address of theirs, or the person's id")
    return str(found)
