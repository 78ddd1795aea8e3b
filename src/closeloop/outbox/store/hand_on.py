"""A create that was refused because its owner has left goes out after all when its lead was given to somebody else."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, select, update

from closeloop.db import among
from closeloop.outbox.nouns import Planned
from closeloop.outbox.rejects import is_of_an_owner_who_left
from closeloop.outbox.store.tables import commands
from closeloop.ports import Verb
from closeloop.words.moment import to_us

_GIVEN = (
    update(commands)
    .where(commands.c.key == bindparam("create"), commands.c.state == "dead")
    .values(refs=bindparam("owned"), state="waiting", answers=0, reason=None, not_before=bindparam("at"))
)


def hand_on(connection: Connection, planned: Sequence[Planned], now: datetime) -> None:
    """Give the dead creates that these commands wait for their new owner, and another life."""
    owners = {
        each.after: owner for each in planned if each.after is not None and (owner := each.command.refs.get("owner"))
    }
    if not owners:
        return
    dead = select(commands.c.key, commands.c.refs, commands.c.reason).where(
        among(commands.c.key, sorted(owners)), commands.c.state == "dead", commands.c.verb == Verb.CREATE.value
    )
    rows = []
    for key, refs, reason in connection.execute(dead):
        if is_of_an_owner_who_left(reason or ""):
            owner = owners[key]
            owned = {**json.loads(refs), "owner": [owner.object, owner.id]}
            rows.append({"create": key, "owned": json.dumps(owned), "at": to_us(now)})
    if rows:
        connection.execute(_GIVEN, rows)
