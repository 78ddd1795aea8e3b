"""What came of contacts by their attempt: how much the second, third, sixth call still brings."""

from __future__ import annotations

import json
from collections import Counter

from sqlalchemy import text

from closeloop.inbox.rows import DUPLICATE
from closeloop.measure.definitions import OUTCOMES
from closeloop.measure.nouns import Asked, Column, Report, Row, share

_CONTACTS = text("""
    SELECT t.props, m.flags, CASE WHEN w.person_id IS NULL THEN 0 ELSE 1 END AS is_won
    FROM v_timeline t
    LEFT JOIN v_messages m ON m.id = t.message_id
    LEFT JOIN (SELECT DISTINCT person_id FROM v_leads WHERE status = 'won') w ON w.person_id = t.root_id
    WHERE t.props LIKE '%"attempt"%'""")
_LAST = 6
_GROUPS = (*(str(n) for n in range(1, _LAST)), f"{_LAST}+", "total")


def _rows(asked: Asked) -> list[Row]:
    n, won, duplicates, flagged = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    for props, flags, is_won in asked.connection.execute(_CONTACTS):
        names = set(filter(None, (flags or "").split(",")))
        for group in (_group(props), "total"):
            n[group] += 1
            won[group] += is_won
            duplicates[group] += DUPLICATE in names
            flagged[group] += bool(names - {DUPLICATE})
    if not n:
        return []
    groups = (*_GROUPS[:-1], *sorted(set(n) - set(_GROUPS)), "total")
    return [
        (group, n[group], won[group], share(won[group], n[group], 3), duplicates[group], flagged[group])
        for group in groups
    ]


def _group(props: str) -> str:
    attempt = json.loads(props)["attempt"]
    try:
        return str(int(attempt)) if int(attempt) < _LAST else f"{_LAST}+"
    except (TypeError, ValueError):
        return "unknown"


REPORT = Report(
    "What do repeated contacts bring, attempt by attempt?",
    OUTCOMES,
    (
        Column("attempt", "", "which attempt the contact was: 1 to 5, 6+, total"),
        Column("contacts", "count", "contacts of that attempt"),
        Column("conversions", "count", "of these, people with a lead that was won"),
        Column("rate", "%", "`conversions` of `contacts`"),
        Column("duplicates", "count", "contacts that repeat another row of their file in every column (kept)"),
        Column("flagged", "count", "contacts with another flag of the process file (kept)"),
    ),
    _rows,
)
