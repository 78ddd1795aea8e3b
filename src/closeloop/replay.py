"""The receipts decided again in the same order, into an empty database: the same state comes of it.

    replayed = replay(source, target)
    assert not list(compare(source, target))

Everything that the road decides follows from receipts, from the version of the process that was in force, and from the
moment of the decision, which is kept with its batch. Ids are derived from what caused them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import groupby
from typing import Final

from sqlalchemy import Connection, Table, select

from closeloop.db import Database, metadata
from closeloop.flow import Hub
from closeloop.identity.store import buried as tombstones
from closeloop.inbox import store as inbox_store
from closeloop.inbox.nouns import Message, SetAside
from closeloop.inbox.read import read
from closeloop.lifecycle.store import erase as lifecycle_store
from closeloop.process.load import load_kept
from closeloop.process.nouns import Process
from closeloop.words.errors import BadInput
from closeloop.words.moment import ManualClock

PASSING: Final[Mapping[str, frozenset[str] | None]] = {
    "waiting": None,  # what is still to be decided
    "ends": None,  # how far the outside was read
    "compares": None,  # what a full compare found; what differed came in as receipts
    "plans": None,  # what was shown before it was sent
    "shapes": None,  # what systems say of their fields
    "connections": None,  # how systems are reached
    "batches": frozenset({"n_messages"}),  # counts what was set aside again, of which nothing else is kept
    "sending": None,  # what was called when, and how the vendors answered
    # Who tried to send it, how often and when, and what went before it.
    "commands": frozenset({"attempts", "leased_by", "leased_until", "not_before", "lane", "plan_id"}),
}
"""Columns that say how the work went and not what was decided; None stands for the whole table."""
_SENT_OR_NOT: Final = {"leased": "waiting"}


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay went through."""

    n_receipts: int
    n_batches: int
    n_messages: int


@dataclass(frozen=True, slots=True)
class Difference:
    """A row that is not the same in both; `here` or `there` is None where it is missing."""

    table: str
    key: tuple[object, ...]
    here: Mapping[str, object] | None
    there: Mapping[str, object] | None

    def __str__(self) -> str:
        where = f"{self.table} {', '.join(map(str, self.key))}"
        if self.here is None or self.there is None:
            return f"{where}: only in the {'source' if self.there is None else 'replay'}"
        named = [name for name in self.here if self.here[name] != self.there[name]]
        return f"{where}: " + "; ".join(f"{name} {self.here[name]!r}, replayed {self.there[name]!r}" for name in named)


def replay(source: Database, target: Database) -> Replayed:
    """Decide everything again that was decided in `source`, into `target`, whose tables are there and empty.

    Raises:
        BadInput: `target` is not empty, or a receipt does not hold what was decided from it.
    """
    with source.read() as kept:
        with target.write() as connection:
            n_receipts = inbox_store.copy_log(kept, connection)
            tombstones.copy_tombstones(kept, connection)
            tombstones.copy_nameless(kept, connection)
        process_of = cache(lambda signed: _process(kept, signed))
        failed, sent = inbox_store.failed_batches(kept), inbox_store.found_sent(kept)
        n_batches = n_messages = 0
        for no, decided_at, signed in list(inbox_store.each_batch(kept)):
            wanted = [] if no in failed else inbox_store.messages_of_batch(kept, no)
            with target.write() as connection:
                if wanted:
                    hub = Hub(target, process_of(signed), ManualClock(decided_at))
                    messages = _messages(kept, wanted, hub.process)
                    hub.replay_batch(connection, messages, decided_at, sent.get(no, frozenset()))
                else:
                    inbox_store.copy_failure(kept, connection, no)
            n_batches, n_messages = n_batches + 1, n_messages + len(wanted)
    return Replayed(n_receipts, n_batches, n_messages)


def compare(source: Database, target: Database) -> Iterator[Difference]:
    """Every row that differs, table by table; what only says how the work went is left out (`PASSING`).

    So is what is left of people who were erased: their leads are kept as counts, companies and deals that only they
    spoke of first keep their ids, and no receipt tells of them.
    """
    with source.read() as here, target.read() as there:
        nobody = tombstones.nameless(here)
        nobody |= set(lifecycle_store.lead_ids(here, sorted(nobody))) if nobody else set()
        for table in metadata.sorted_tables:
            left_out = PASSING.get(table.name, frozenset[str]())
            if left_out is not None:
                for each in _compare(table, left_out, here, there):
                    if nobody.isdisjoint(map(str, (each.here or each.there or {}).values())):
                        yield each


def try_again(
    database: Database, *, set_aside: bool = False, since: datetime | None = None, only: str | None = None
) -> int:
    """Put the receipts of failed messages back into their queue, after what was at fault is mended. Returns how many.

    What of them was decided stays decided; the rest is read anew, by the process in force.

    Args:
        set_aside: also those of which a message was set aside.
        since: only what was received then or later.
        only: only what came from this source.
    """
    with database.write() as connection:
        again = inbox_store.with_failures(connection, set_aside=set_aside, since=since, only=only)
        found = inbox_store.load_receipts(connection, again)
        in_line = sorted(found.values(), key=lambda receipt: receipt.queue)
        for queue, receipts in groupby(in_line, key=lambda receipt: receipt.queue):
            inbox_store.wait_again(connection, [receipt.id for receipt in receipts], queue)
    return len(again)


def _process(connection: Connection, signed: str) -> Process:
    return load_kept(inbox_store.load_process(connection, signed))


def _messages(
    connection: Connection, wanted: Sequence[tuple[str, str, int]], process: Process
) -> list[Message | SetAside]:
    """What a batch was made of, read again from its receipts."""
    receipts = inbox_store.load_receipts(connection, sorted({receipt_id for _, receipt_id, _ in wanted}))
    read_again = {
        (receipt_id, message.id, message.position): message
        for receipt_id, receipt in receipts.items()
        for message in read(receipt, process)
    }
    return [_found(read_again, *each) for each in wanted]


def _found(
    read_again: Mapping[tuple[str, str, int], Message | SetAside], message_id: str, receipt_id: str, position: int
) -> Message | SetAside:
    message = read_again.get((receipt_id, message_id, position))
    if message is None:
        raise BadInput(
            f"receipt {receipt_id} has no message {message_id} at place {position + 1}, as it had when it was decided; "
            "receipts are kept as they came, so this one was changed"
        )
    return message


def _compare(table: Table, left_out: frozenset[str], here: Connection, there: Connection) -> Iterator[Difference]:
    known = dict(_rows(table, left_out, here))
    for key, row in _rows(table, left_out, there):
        before = known.pop(key, None)
        if before != row:
            yield Difference(table.name, key, before, row)
    for key, row in known.items():
        yield Difference(table.name, key, row, None)


def _rows(
    table: Table, left_out: Iterable[str], connection: Connection
) -> Iterator[tuple[tuple[object, ...], Mapping[str, object]]]:
    keys = [column.name for column in table.primary_key]
    names = [column.name for column in table.columns if column.name not in left_out]
    for found in connection.execute(select(*(table.c[name] for name in names)).order_by(*table.primary_key)).mappings():
        row = dict(found)
        if table.name == "commands":
            row["state"] = _SENT_OR_NOT.get(row["state"], row["state"])
        yield tuple(row[name] for name in keys), row
