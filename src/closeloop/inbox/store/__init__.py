"""The inbox's tables: receipts, what waits, what was made of each message, batches, cursors."""

from __future__ import annotations

import base64
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from itertools import accumulate

import msgspec
from sqlalchemy import Column, Connection, Index, RowMapping, delete, func, select, text, update

from closeloop.db import BLOB, INT, TEXT, Conflict, among, put, table
from closeloop.inbox.nouns import End, Line, Message, Queue, Receipt, Verdict
from closeloop.process.nouns import Process
from closeloop.words import ids
from closeloop.words.errors import BadInput
from closeloop.words.moment import from_us, to_us

receipts = table(
    "receipts",
    Column("id", TEXT, primary_key=True),
    Column("source", TEXT, nullable=False),
    Column("door", TEXT, nullable=False),
    Column("received_at", INT, nullable=False),
    Column("headers", TEXT, nullable=False),
    Column("body", BLOB, nullable=False),
)
waiting = table(
    "waiting",
    Column("receipt_id", TEXT, primary_key=True),
    Column("queue", TEXT, nullable=False),
    Index(None, "queue", "receipt_id"),
)
messages = table(
    "messages",
    Column("id", TEXT, primary_key=True),  # "source:key"
    Column("receipt_id", TEXT, nullable=False),
    Column("position", INT, nullable=False),
    Column("kind", TEXT, nullable=False),
    Column("occurred_at", INT, nullable=False),
    Column("received_at", INT, nullable=False),
    Column("state", TEXT, nullable=False),  # decided | echo | set_aside | failed
    Column("reason", TEXT),
    Column("flags", TEXT),  # comma-separated
    Column("subject_id", TEXT),  # whom or what it turned out to be about
    Column("batch", INT, nullable=False),
    Index(None, "batch"),
    Index(None, "receipt_id"),
    Index(None, "state"),
    rowid=False,
)
batches = table(
    "batches",
    Column("no", INT, primary_key=True, autoincrement=False),
    Column("decided_at", INT, nullable=False),
    Column("process", TEXT, nullable=False),
    Column("n_messages", INT, nullable=False),
    Column("sent", TEXT),  # JSON: keys of commands that would have been changed, and were sent before
)
processes = table(
    "processes",
    Column("signed", TEXT, primary_key=True),  # b2b@7
    Column("digest", TEXT, nullable=False),
    Column("receipt_id", TEXT, nullable=False),
    Column("since", INT, nullable=False),
)
ends = table(
    "ends",  # where the reading of each outside system stands
    Column("source", TEXT, primary_key=True),
    Column("cursor", TEXT),
    Column("pulled_at", INT),
    Column("n_records", INT, nullable=False),
    Column("error", TEXT),
    Column("error_at", INT),
)

_RECEIPT = ("id", "source", "door", "received_at", "headers", "body")
_MESSAGE = (
    "id", "receipt_id", "position", "kind", "occurred_at", "received_at",
    "state", "reason", "flags", "subject_id", "batch",
)  # fmt: skip
_BATCH_NUMBERS = 0x636C_6261  # an advisory lock of PostgreSQL: whoever holds it gives out the next number
_PULLS = 0x636C_7075
_RESCORES = 0x636C_7273
MOST_BYTES = 1_000_000
"""Of the bodies decided at once: about two thousand records."""
_DONE = ("decided", "echo")
_PAGE = 1_000


def save_receipts(connection: Connection, incoming: Sequence[Receipt], conflict: Conflict = "fail") -> None:
    """Keep receipts as they came, and put each into its queue.

    Args:
        conflict: "keep" for what a decision brought about, which a replay has already when it decides that again.
    """
    _keep(connection, incoming, conflict)
    queued = [(receipt.id, receipt.queue) for receipt in incoming]
    put(connection, waiting, ("receipt_id", "queue"), queued, conflict)


def claim(connection: Connection, queue: Queue, n: int, most_bytes: int = MOST_BYTES) -> list[Receipt]:
    """Take up to `n` receipts that wait in `queue`, the oldest first; they are ours until the transaction ends.

    Of large ones, such as pages of records, it takes no more than `most_bytes`, and at least one: what is decided at
    once keeps other writers waiting.

    What another transaction has claimed is passed over, so any number of workers may run on PostgreSQL. Records that
    were pulled are for one worker at a time, so that nobody takes a later state of a record for the earlier one; so is
    a re-score, whose people come after the parts of the base.
    """
    statement = select(waiting.c.receipt_id).where(waiting.c.queue == queue).order_by(waiting.c.receipt_id).limit(n)
    for door, lock in (("pull", _PULLS), ("rescore", _RESCORES)):
        if (door == "pull" or queue == "bulk") and not _may_take(connection, lock):
            by_others = select(receipts.c.id).where(receipts.c.id == waiting.c.receipt_id, receipts.c.door == door)
            statement = statement.where(~by_others.exists())
    claimed = connection.execute(statement.with_for_update(skip_locked=True)).scalars().all()
    taken = _no_more_than(connection, claimed, most_bytes)
    found = load_receipts(connection, taken)
    return [found[receipt_id] for receipt_id in taken]


def _no_more_than(connection: Connection, claimed: Sequence[str], most: int) -> Sequence[str]:
    """As many of the first of these as have bodies of `most` bytes together, and at least one."""
    sizes = select(receipts.c.id, func.length(receipts.c.body)).where(among(receipts.c.id, claimed))
    size = dict(connection.execute(sizes).all()) if len(claimed) > 1 else {}
    sums = accumulate(size.get(receipt_id, 0) for receipt_id in claimed)
    return claimed[: max(1, sum(each <= most for each in sums))]


def _may_take(connection: Connection, lock: int) -> bool:
    if connection.dialect.name != "postgresql":
        return True
    return connection.execute(text(f"SELECT pg_try_advisory_xact_lock({lock})")).scalar_one() is True


def done(connection: Connection, receipt_ids: Sequence[str]) -> None:
    """These receipts wait no longer; they stay kept."""
    if receipt_ids:
        connection.execute(delete(waiting).where(among(waiting.c.receipt_id, receipt_ids)))


def wait_again(connection: Connection, receipt_ids: Sequence[str], queue: Queue) -> None:
    """Put kept receipts back into a queue: what was decided there is known, all else is read anew."""
    put(connection, waiting, ("receipt_id", "queue"), [(receipt_id, queue) for receipt_id in receipt_ids], "keep")


def n_waiting(connection: Connection) -> dict[str, Line]:
    """How much waits in each queue that is not empty."""
    oldest = func.min(waiting.c.receipt_id)
    lines = select(waiting.c.queue, func.count().label("n"), oldest.label("oldest"))
    of = lines.group_by(waiting.c.queue).subquery()
    statement = select(of.c.queue, of.c.n, receipts.c.received_at).join(receipts, receipts.c.id == of.c.oldest)
    return {row.queue: Line(row.n, from_us(row.received_at)) for row in connection.execute(statement)}


def load_receipts(connection: Connection, receipt_ids: Sequence[str]) -> dict[str, Receipt]:
    """Kept receipts by id; an unknown id is absent."""
    if not receipt_ids:
        return {}
    statement = select(receipts, waiting.c.queue).outerjoin(waiting, waiting.c.receipt_id == receipts.c.id)
    rows = connection.execute(statement.where(among(receipts.c.id, receipt_ids))).mappings()
    return {row["id"]: _receipt(row) for row in rows}


def known(connection: Connection, message_ids: Sequence[str]) -> set[str]:
    """Those of `message_ids` that were decided before: repeats. What was set aside or failed may come again."""
    if not message_ids:
        return set()
    statement = select(messages.c.id).where(among(messages.c.id, message_ids), messages.c.state.in_(_DONE))
    return set(connection.execute(statement).scalars())


def save_messages(connection: Connection, verdicts: Sequence[Verdict], batch_no: int) -> None:
    """Record what became of each message of a batch; no id may stand twice among them.

    A message that was set aside or failed before is decided anew. What is set aside under an id that is
    there already changes nothing.

    Raises:
        sqlalchemy.exc.IntegrityError: another worker has decided one of these meanwhile: roll back, read `known`
            again.
    """
    rows = [_message_row(verdict, batch_no) for verdict in verdicts]
    settled = [row for row in rows if row[6] != "set_aside"]
    if settled:
        anew = among(messages.c.id, [str(row[0]) for row in settled])
        connection.execute(delete(messages).where(anew, messages.c.state.not_in(_DONE)))
    put(connection, messages, _MESSAGE, settled)
    put(connection, messages, _MESSAGE, [row for row in rows if row[6] == "set_aside"], "keep")


def open_batch(connection: Connection, process: str, n_messages: int, now: datetime, sent: Collection[str] = ()) -> int:
    """Give out the next batch number. Call it last: numbers follow the order of commits because others wait here.

    Args:
        sent: keys of commands that the batch would have changed, and that were sent before: no receipt tells of that.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_BATCH_NUMBERS})"))
    last: int = connection.execute(select(func.coalesce(func.max(batches.c.no), 0))).scalar_one()
    columns = ("no", "decided_at", "process", "n_messages", "sent")
    kept = json.dumps(sorted(sent)) if sent else None
    put(connection, batches, columns, [(last + 1, to_us(now), process, n_messages, kept)])
    return last + 1


def each_batch(connection: Connection) -> Iterator[tuple[int, datetime, str]]:
    """Every batch in the order in which it was decided: (number, moment, process as signed)."""
    for row in connection.execute(select(batches).order_by(batches.c.no)):
        yield row.no, from_us(row.decided_at), row.process


def messages_of_batch(connection: Connection, no: int) -> list[tuple[str, str, int]]:
    """What a batch was made of, in order: (message id, receipt id, position)."""
    of_batch = select(messages.c.id, messages.c.receipt_id, messages.c.position).where(messages.c.batch == no)
    in_order = of_batch.order_by(messages.c.receipt_id, messages.c.position)
    return [(row.id, row.receipt_id, row.position) for row in connection.execute(in_order)]


def copy_failure(source: Connection, target: Connection, no: int) -> None:
    """Copy a batch that decided nothing: its message failed, or was decided anew in a later one."""
    for each, column in ((batches, batches.c.no), (messages, messages.c.batch)):
        rows = source.execute(select(each).where(column == no)).all()
        put(target, each, [named.name for named in each.columns], [tuple(row) for row in rows])


def failed_batches(connection: Connection) -> set[int]:
    """Numbers of the batches whose message failed; such a message has a batch of its own."""
    return set(connection.execute(select(messages.c.batch).where(messages.c.state == "failed")).scalars())


def found_sent(connection: Connection) -> dict[int, frozenset[str]]:
    """Number of a batch → keys of commands that it found sent and would have changed; only of those with any."""
    kept = select(batches.c.no, batches.c.sent).where(batches.c.sent.is_not(None))
    return {no: frozenset(json.loads(sent)) for no, sent in connection.execute(kept)}


def with_failures(
    connection: Connection, *, set_aside: bool = False, since: datetime | None = None, only: str | None = None
) -> list[str]:
    """Receipts in which a message failed (or was set aside, if that is asked for), the oldest first.

    Args:
        since: only what was received then or later.
        only: only what came from this source.
    """
    states = ("failed", "set_aside") if set_aside else ("failed",)
    statement = select(messages.c.receipt_id).where(messages.c.state.in_(states)).distinct()
    if since is not None:
        statement = statement.where(messages.c.received_at >= to_us(since))
    if only is not None:
        statement = statement.join(receipts, receipts.c.id == messages.c.receipt_id).where(receipts.c.source == only)
    return list(connection.execute(statement.order_by(messages.c.receipt_id)).scalars())


def copy_log(source: Connection, target: Connection) -> int:
    """Copy what a replay starts from: receipts, what still waits, versions of the process. Returns how many receipts.

    Raises:
        BadInput: the target holds receipts or decisions.
    """
    if any(target.execute(select(func.count()).select_from(each)).scalar_one() for each in (receipts, batches)):
        raise BadInput("the database to replay into is not empty; name an empty one")
    for each in (receipts, processes, waiting):
        names = [column.name for column in each.columns]
        for rows in source.execution_options(yield_per=_PAGE).execute(select(each)).partitions():
            put(target, each, names, [tuple(row) for row in rows])
    return target.execute(select(func.count()).select_from(receipts)).scalar_one()


def save_process(connection: Connection, process: Process, now: datetime) -> bool:
    """Keep a version of the process, with all its files, as a receipt; True when it is new here.

    Raises:
        BadInput: this version was in use with other content.
    """
    body = _files_to_json(process.files)
    digest = sha256(body).hexdigest()
    before = connection.execute(select(processes.c.digest).where(processes.c.signed == process.signed)).scalar()
    if before == digest:
        return False
    if before is not None:
        raise BadInput(
            f"{process.signed} is in use with other content: decisions are signed with it; "
            f"raise `version` to {process.version + 1} in the process file"
        )
    receipt = Receipt(ids.new(now), "process", "process", "live", now, {"signed": process.signed}, body)
    _keep(connection, [receipt])
    columns = ("signed", "digest", "receipt_id", "since")
    put(connection, processes, columns, [(process.signed, digest, receipt.id, to_us(now))])
    return True


def load_process(connection: Connection, signed: str) -> dict[str, bytes]:
    """The files of a version of the process by name, as they were read then.

    Raises:
        BadInput: no such version was ever in use here.
    """
    statement = select(receipts.c.body).join(processes, processes.c.receipt_id == receipts.c.id)
    body = connection.execute(statement.where(processes.c.signed == signed)).scalar()
    if body is None:
        raise BadInput(f"{signed} was never in use here; in use were {', '.join(each_process(connection)) or 'none'}")
    encoded = msgspec.json.decode(body, type=dict[str, str])
    return {name: base64.b64decode(content) for name, content in encoded.items()}


def each_process(connection: Connection) -> list[str]:
    """Every version that was in use, oldest first: "b2b@7"."""
    return list(connection.execute(select(processes.c.signed).order_by(processes.c.since)).scalars())


def save_cursor(connection: Connection, source: str, cursor: str, n_records: int, now: datetime) -> None:
    """Reading of `source` got as far as `cursor`, with `n_records` more; it works, so an old error goes."""
    put(connection, ends, ("source", "n_records"), [(source, 0)], "keep")
    further = {"cursor": cursor, "pulled_at": to_us(now), "n_records": ends.c.n_records + n_records}
    connection.execute(update(ends).where(ends.c.source == source).values(error=None, error_at=None, **further))


def save_end_error(connection: Connection, source: str, error: str, now: datetime) -> None:
    """Reading of `source` failed; the cursor stays."""
    put(connection, ends, ("source", "n_records"), [(source, 0)], "keep")
    connection.execute(update(ends).where(ends.c.source == source).values(error=error, error_at=to_us(now)))


def load_ends(connection: Connection) -> dict[str, End]:
    """How far each outside system has been read, by source."""
    return {row["source"]: _end(row) for row in connection.execute(select(ends)).mappings()}


def _keep(connection: Connection, incoming: Sequence[Receipt], conflict: Conflict = "fail") -> None:
    rows = [
        (it.id, it.source, it.door, to_us(it.received_at), msgspec.json.encode(it.headers).decode(), it.body)
        for it in incoming
    ]
    put(connection, receipts, _RECEIPT, rows, conflict)


def _receipt(row: RowMapping) -> Receipt:
    headers = msgspec.json.decode(row["headers"], type=dict[str, str])
    # What waits no more is not told apart by queue, except that a file was never live.
    queue: Queue = row["queue"] or ("bulk" if row["door"] == "import" else "live")
    return Receipt(row["id"], row["source"], row["door"], queue, from_us(row["received_at"]), headers, row["body"])


def _message_row(verdict: Verdict, batch_no: int) -> tuple[str | int | None, ...]:
    message = verdict.message
    if isinstance(message, Message):
        kind, occurred_at, flags, reason = str(message.kind), message.occurred_at, message.flags, verdict.reason
    else:
        kind, occurred_at, flags, reason = "unread", message.received_at, (), verdict.reason or message.reason
    return (
        message.id, message.receipt_id, message.position, kind, to_us(occurred_at), to_us(message.received_at),
        verdict.state, reason, ",".join(flags) or None, verdict.subject_id, batch_no,
    )  # fmt: skip


def _files_to_json(files: Mapping[str, bytes]) -> bytes:
    return msgspec.json.encode({name: base64.b64encode(files[name]).decode() for name in sorted(files)})


def _end(row: RowMapping) -> End:
    pulled_at, error_at = row["pulled_at"], row["error_at"]
    return End(
        row["source"], row["cursor"], None if pulled_at is None else from_us(pulled_at), row["n_records"],
        row["error"], None if error_at is None else from_us(error_at),
    )  # fmt: skip
