"""What came in, from where, and what became of it, with every flag counted."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import text

from closeloop.measure.definitions import INTAKE
from closeloop.measure.nouns import Asked, Column, Report, Row, share

_MESSAGES = text("""
    SELECT COALESCE(m.source, '') AS source, m.state, COALESCE(m.reason, '') AS reason, COALESCE(m.flags, '') AS flags,
      COUNT(*) AS n
    FROM v_messages m
    GROUP BY COALESCE(m.source, ''), m.state, COALESCE(m.reason, ''), COALESCE(m.flags, '')""")


def _rows(asked: Asked) -> list[Row]:
    counts: Counter[tuple[str, str, str]] = Counter()
    total: Counter[str] = Counter()
    for line in asked.connection.execute(_MESSAGES):
        total[line.source] += line.n
        flags = [("flag:" + flag, "") for flag in line.flags.split(",") if flag]
        for what, reason in [(line.state, line.reason if line.state in ("set_aside", "failed") else ""), *flags]:
            counts[line.source, what, reason] += line.n
    return [
        (source, what, reason or None, counts[source, what, reason], share(counts[source, what, reason], total[source]))
        for source, what, reason in sorted(counts)
    ]


REPORT = Report(
    "What came in, and what became of it?",
    INTAKE,
    (
        Column("source", "", "where it came from"),
        Column("what", "", "decided, echo, set_aside or failed; flag:NAME for a flag"),
        Column("reason", "", "why it was set aside or failed"),
        Column("n", "count", "messages"),
        Column("share", "%", "`n` of all messages of the source"),
    ),
    _rows,
)
