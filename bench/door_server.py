"""The door alone in a process, as the benchmark loads it: program URL|memory, PORT."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import uvicorn
from starlette.applications import Starlette

from closeloop.db import Database, metadata
from closeloop.inbox import store
from closeloop.inbox.nouns import Receipt
from closeloop.web.doors import GroupCommit, doors
from closeloop.web.doors.group_commit import TakeIn
from closeloop.words.moment import SystemClock


def _keeper(where: str) -> TakeIn:
    if where == "memory":
        return _forget
    database = Database(where)
    metadata.create_all(database.engine, tables=[store.receipts, store.waiting])

    def keep(receipts: Sequence[Receipt]) -> None:
        with database.write() as connection:
            store.save_receipts(connection, receipts)

    return keep


def _forget(receipts: Sequence[Receipt]) -> None:
    """The same door without durability: it answers once the receipts are handed over."""


if __name__ == "__main__":
    app = Starlette(routes=doors(GroupCommit(_keeper(sys.argv[1])), {"demo-write-key": "form"}, SystemClock()))
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]), log_level="error", access_log=False)
