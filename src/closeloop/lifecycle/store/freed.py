"""Leads of owners who left the teams, or are away, go to somebody else: their clock for that runs out at once."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, select

from closeloop.db import put
from closeloop.lifecycle.store import clocks, leads
from closeloop.words.moment import to_us


def free(connection: Connection, present: Collection[str], now: datetime) -> int:
    """Let every open lead whose owner is not `present` be assigned anew. Returns how many."""
    statement = select(leads.c.id, leads.c.owner).where(leads.c.status == "open", leads.c.owner.is_not(None))
    left = [(id_, "assign", to_us(now)) for id_, owner in connection.execute(statement) if owner not in present]
    put(connection, clocks, ("lead_id", "clock", "due_at"), left, "keep")
    return len(left)
