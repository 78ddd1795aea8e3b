"""The alerts' table: who was told of what; the key makes sure that nothing is told twice."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Column, Connection, Index, select, update

from closeloop.alerts.nouns import Alert
from closeloop.db import INT, TEXT, among, put, table
from closeloop.words.moment import to_us

# fmt: off
alerts = table(
    "alerts",
    Column("id", TEXT, primary_key=True),           # rule / touch / member
    Column("rule", TEXT, nullable=False),           # alerts[0]
    Column("person_id", TEXT, nullable=False),
    Column("touch_id", TEXT, nullable=False),
    Column("member", TEXT, nullable=False),
    Column("at", INT, nullable=False),
    Column("due_at", INT, nullable=False),          # the agreed moment: the touch's and `within`
    Column("text", TEXT, nullable=False),
    Column("why", TEXT, nullable=False),
    Column("process", TEXT, nullable=False),
    Index(None, "person_id"),
)
# fmt: on


def save_new(connection: Connection, found: Sequence[Alert], signed: str) -> list[Alert]:
    """Write alerts that were not told before, and return them."""
    known = set(
        connection.execute(select(alerts.c.id).where(among(alerts.c.id, [alert.id for alert in found]))).scalars()
    )
    fresh = list({alert.id: alert for alert in found if alert.id not in known}.values())
    put(
        connection,
        alerts,
        ("id", "rule", "person_id", "touch_id", "member", "at", "due_at", "text", "why", "process"),
        [
            (
                each.id,
                each.rule,
                each.person_id,
                each.touch_id,
                each.member.name,
                to_us(each.at),
                to_us(each.due_at),
                each.text,
                each.why,
                signed,
            )
            for each in fresh
        ],
    )
    return fresh


def erase(connection: Connection, family: Sequence[str]) -> None:
    """That somebody was told in time stays, as a count; of whom and of what does not."""
    theirs = select(alerts.c.id).where(among(alerts.c.person_id, family)).order_by(alerts.c.at, alerts.c.id)
    for n, id_ in enumerate(connection.execute(theirs).scalars().all()):
        nothing = {"id": f"{family[0]}/{n}", "touch_id": "", "text": "", "why": ""}
        connection.execute(update(alerts).where(alerts.c.id == id_).values(nothing))
