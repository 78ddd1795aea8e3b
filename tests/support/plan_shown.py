"""A plan with what cannot be taken back in it, for those who show plans."""

from __future__ import annotations

from datetime import UTC, datetime

from closeloop.outbox.linked import Linked
from closeloop.outbox.plans import Change, Line, Plan

LINES = (
    Line("k1", "crm", "merge", "Contact", "003A", None, "Joe Miller", (), "by phone", loser="003B"),
    Line("k2", "crm", "convert", "Lead", "00Q1", None, "Ann Lee", (), "by mail", into="Contact 003C"),
    Line("k3", "crm", "join", "Contact", "003A", None, "Joe Miller", (), "nurture"),
    Line("k4", "ma", "create", "Lead", None, None, "Max Weber", (Change("name", None, "Max", "crm.Name"),), "new"),
    Line("k5", "ma", "create", "Lead", None, None, "Eve Long", (), "new", refused="title: too long"),
)
LINKED = (
    Linked("link-1", "person", "Joe Miller: crm Contact 003A", "J. Miller: ma Lead 17", "by Kim", "phone +9.1", ("a",)),
    Linked("", "person", "Ann Lee: crm Lead 00Q1", "crm Contact 003C", "both have email ann@a.example", "", ("b",)),
)
PLAN = Plan(
    "plan-1", datetime(2026, 9, 1, 9, tzinfo=UTC), "b2b@7", ("crm", "ma"), LINES, {"crm": 3, "ma": 1},
    linked=LINKED, n_links=7,
)  # fmt: skip
