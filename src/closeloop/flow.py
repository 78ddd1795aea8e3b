"""The road: every message takes the same steps in the same order, in batches, with two commits.

    sources → doors → inbox → identity → record → profile → lifecycle → alerts → outbox → connectors

`take_in` is the first commit: receipts, verbatim. `decide` is the second: everything that follows from them, commands
for the outside included. `deliver`, `listen` and `tick` stand at the ends: what vendors answer, what changed there and
clocks that ran out come in as receipts like everything else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError

from closeloop.db import Database, is_away
from closeloop.inbox import store as inbox_store
from closeloop.inbox.answers import encode_answers
from closeloop.inbox.clicks import encode_clicks
from closeloop.inbox.keys import nameless_id, nameless_id_of
from closeloop.inbox.matched import encode_matched
from closeloop.inbox.nouns import Click, Door, Due, Matched, Message, Queue, Receipt, SetAside, Verdict
from closeloop.inbox.read import read
from closeloop.inbox.records import UNDER_WAY, encode_records
from closeloop.inbox.ticks import encode_due
from closeloop.lifecycle import store as lifecycle_store
from closeloop.lifecycle.store.freed import free
from closeloop.outbox import store as outbox_store
from closeloop.outbox.breaker import failed
from closeloop.outbox.calls_made import CallsMade
from closeloop.outbox.nouns import Way
from closeloop.outbox.store.unsent import under_way
from closeloop.ports import Answer, Clock, Connector, Limits, Outcome, Record
from closeloop.process.nouns import Process
from closeloop.steps.accounts import match_accounts
from closeloop.steps.alert import alert
from closeloop.steps.answers import recognise, settle_answers
from closeloop.steps.batch import Batch
from closeloop.steps.concerned import queue_concerned
from closeloop.steps.decide import decide
from closeloop.steps.erase import erase
from closeloop.steps.identify import identify
from closeloop.steps.judge import judge
from closeloop.steps.keep_out import keep_out, nobody_was_erased_meanwhile
from closeloop.steps.match import match, take_matched
from closeloop.steps.plan import plan
from closeloop.steps.profile import profile
from closeloop.steps.record import record
from closeloop.steps.rescore import rescore
from closeloop.steps.retry import retry
from closeloop.steps.unheard import drop_echoes
from closeloop.words import ids
from closeloop.words.errors import Barred, CloseloopError, EndError, Permanent, Transient, Unready
from closeloop.words.text import clean, has_unfit

STEPS: Final[tuple[Callable[[Batch], None], ...]] = (
    settle_answers,
    recognise,
    keep_out,
    drop_echoes,
    identify,
    nobody_was_erased_meanwhile,
    record,
    match,
    take_matched,
    match_accounts,
    judge,
    rescore,
    retry,
    queue_concerned,
    profile,
    decide,
    alert,
    plan,
    erase,
)
BATCH: Final = 200
"""Receipts taken at once."""
_TRIES: Final = 5
_LONGEST_REASON: Final = 2000
log = structlog.get_logger()


def unheard(_: int) -> None:
    """Nobody wants to know how far it is."""


class Hub:
    """The road over one database. Any number of hubs may work on one PostgreSQL, one on SQLite."""

    def __init__(
        self, database: Database, process: Process, clock: Clock, calls_a_day: Mapping[str, int] | None = None
    ) -> None:
        """Args:
        calls_a_day: connection → calls that the installation allows, all processes together; the vendor may allow less.
        """
        self.database, self.process, self.clock = database, process, clock
        self.calls_a_day = dict(calls_a_day or {})
        self._calls = CallsMade()
        self._rung: frozenset[Due] = frozenset()
        """Clocks that ran out and still stand, since their message is not decided yet or failed."""

    def now(self) -> datetime:
        """The moment, by the hub's clock."""
        return self.clock.now()

    def take_in(self, receipts: Sequence[Receipt]) -> None:
        """The first commit: when this returns, the receipts are on disk and will be decided, whatever happens."""
        with self.database.write() as connection:
            inbox_store.save_receipts(connection, receipts)

    def n_waiting(self) -> int:
        """Receipts that are on disk and not decided yet, in both queues."""
        with self.database.read() as connection:
            return sum(line.n for line in inbox_store.n_waiting(connection).values())

    def decide(self, queue: Queue = "live", n: int = BATCH, most_bytes: int = inbox_store.MOST_BYTES) -> int:
        """The second commit: take what waits through every step. Returns how many receipts were decided.

        No more than `most_bytes` of their bodies at once, since others who write wait meanwhile.

        When that fails, the batch is taken apart until the message at fault stands alone; it waits with its error.
        """
        for _ in range(_TRIES):
            try:
                with self.database.write() as connection:
                    receipts = inbox_store.claim(connection, queue, n, most_bytes)
                    if receipts:
                        messages = [message for receipt in receipts for message in read(receipt, self.process)]
                        self._pass(connection, messages, self.now(), queue)
                        inbox_store.done(connection, [receipt.id for receipt in receipts])
                    return len(receipts)
            except Unready:
                raise
            except (IntegrityError, DBAPIError) as error:
                if not _lost_a_race(error):
                    return self._decide_carefully(queue, n)
            except Exception:  # noqa: BLE001 - whatever a rule raises, the other messages go on
                return self._decide_carefully(queue, n)
        return self._decide_carefully(queue, n)

    def deliver(self, source: str, connector: Connector, worker: str, way: Way = "usual") -> int:
        """Send what waits for one connection and take in its answers. Returns how many commands were answered.

        Nothing is sent while the vendor is away, nor beyond the calls that it allows, in all processes together.
        """
        allowed = self.calls_a_day.get(source)
        with self.database.write() as connection:
            turn = outbox_store.begin_turn(connection, source, connector, worker, self.now(), allowed, way)
        if not turn.posted and not turn.ask:
            return 0
        commands = [each.planned.command for each in turn.posted]
        try:
            answers = connector.push(commands) if commands else ()
        except EndError as error:
            answers = [_answer_of(command.key, error) for command in commands]
        told = _told(connector) if turn.ask and failed(answers) is None else None
        with self.database.write() as connection:
            held = outbox_store.end_leases(connection, [command.key for command in commands], worker)
            taken = [answer for answer in answers if answer.key in held]
            if taken:
                inbox_store.save_receipts(connection, [self._receipt(source, "answer", encode_answers(taken))])
            outbox_store.end_turn(connection, turn, answers, self._calls.since(source, connector), told, self.now())
        return len(taken)

    def may_listen(self, source: str) -> bool:
        """Whether it is time to read again: not while the vendor is away, nor beyond the share of calls for reading."""
        with self.database.write() as connection:
            return outbox_store.may_read(connection, source, self.now(), self.calls_a_day.get(source))

    def answered(self, source: str, answers: Sequence[Answer]) -> None:
        """Take in what became of commands, like an answer of the system itself."""
        self.take_in([self._receipt(source, "answer", encode_answers(answers))])

    def heard(self, source: str, records: Sequence[Record]) -> None:
        """Take in records as a system holds them now, like changes that it told of."""
        if records:
            with self.database.write() as connection:
                self._keep_page(connection, source, records)

    def reads_on(self, source: str, cursor: str) -> None:
        """Reading goes on from here: what was before is known otherwise."""
        with self.database.write() as connection:
            inbox_store.save_cursor(connection, source, cursor, 0, self.now())

    def was_read(self, source: str) -> bool:
        """Whether the system was ever read."""
        with self.database.read() as connection:
            end = inbox_store.load_ends(connection).get(source)
        return end is not None and end.cursor is not None

    def listen(self, source: str, connector: Connector, on_page: Callable[[int], None] = unheard) -> int:
        """Read what changed at one system, each page in one commit with its cursor. Returns how many records.

        Args:
            on_page: told after each page how many more records are kept.

        Raises:
            Transient, Permanent: the system cannot be read; the health page shows it, the cursor stays.
            Transient: also where the calls of the day are used up; what was read before is kept.
        """
        with self.database.read() as connection:
            end = inbox_store.load_ends(connection).get(source)
        n, cursor = 0, end.cursor if end else None
        more = True
        while more:
            self._check_room(source)
            try:
                page = connector.pull(cursor)
            except EndError as error:
                with self.database.write() as connection:
                    self._book_reads(connection, source, connector)
                    inbox_store.save_end_error(connection, source, str(error), self.now())
                raise
            with self.database.write() as connection:
                if page.records:
                    self._keep_page(connection, source, page.records)
                inbox_store.save_cursor(connection, source, page.cursor, len(page.records), self.now())
                self._book_reads(connection, source, connector)
            n, cursor, more = n + len(page.records), page.cursor, page.more
            on_page(len(page.records))
        return n

    def tick(self, at_most: int = 1000) -> int:
        """Clocks that ran out become messages, each once, however long they wait to be decided. Returns how many."""
        with self.database.read() as connection:
            due = lifecycle_store.due(connection, self.now(), at_most)
        fresh = [each for each in due if each not in self._rung]
        if fresh:
            self.take_in([self._receipt("clock", "time", encode_due(fresh))])
        self._rung = frozenset(due)
        return len(fresh)

    def next_due(self) -> datetime | None:
        """When the next clock runs out; None when none stands."""
        with self.database.read() as connection:
            return lifecycle_store.next_due(connection)

    def click(self, *clicks: Click) -> Receipt:
        """A person's choices go down the road like everything else. Returns their receipt, to find verdicts by."""
        receipt = self._receipt("desk", "desk", encode_clicks(clicks))
        self.take_in([receipt])
        return receipt

    def matched(self, pairs: Sequence[Matched]) -> Sequence[Receipt]:
        """Pairs that a pass over the base found, the heaviest first. Returns their receipts."""
        receipts = [
            Receipt(ids.new(now := self.now()), "match", "match", "bulk", now, {}, encode_matched(pairs[n : n + BATCH]))
            for n in range(0, len(pairs), BATCH)
        ]
        self.take_in(receipts)
        return receipts

    def begin(self) -> None:
        """Keep the version of the process that decides from now on; leads whose owners it has not, or away, move on.

        Raises:
            BadInput: this version was in use with other content.
        """
        with self.database.write() as connection:
            inbox_store.save_process(connection, self.process, self.now())
            free(connection, {each.name for each in self.process.people if not each.is_away(self.now())}, self.now())

    def _check_room(self, source: str) -> None:
        with self.database.write() as connection:
            outbox_store.check_room(connection, source, self.now(), self.calls_a_day.get(source))

    def _book_reads(self, connection: Connection, source: str, connector: Connector) -> None:
        n = self._calls.since(source, connector)
        outbox_store.book_reads(connection, source, n, self.now(), self.calls_a_day.get(source))

    def _keep_page(self, connection: Connection, source: str, records: Sequence[Record]) -> None:
        # What is on its way may be in what was read, and is no edit of theirs then.
        keys = under_way(connection, source, records)
        sent = {UNDER_WAY: json.dumps(keys)} if keys else {}
        inbox_store.save_receipts(connection, [self._receipt(source, "pull", encode_records(records), sent)])

    def replay_batch(
        self,
        connection: Connection,
        messages: Sequence[Message | SetAside],
        now: datetime,
        sent: frozenset[str] = frozenset(),
    ) -> None:
        """Decide these messages again as of `now`, when these commands were sent, in a transaction of the caller's."""
        self._pass(connection, messages, now, sent=sent)

    def _pass(
        self,
        connection: Connection,
        messages: Sequence[Message | SetAside],
        now: datetime,
        queue: Queue = "live",
        sent: frozenset[str] = frozenset(),
    ) -> None:
        known = inbox_store.known(connection, [message.id for message in messages])
        fresh = _once_each([message for message in messages if message.id not in known])
        if not fresh:
            return
        batch = Batch(connection, fresh, self.process, now, queue, sent)
        for step in STEPS:
            step(batch)
        no = inbox_store.open_batch(connection, self.process.signed, len(fresh), now, batch.sent)
        inbox_store.save_messages(connection, batch.verdicts(), no)

    def _decide_carefully(self, queue: Queue, n: int) -> int:
        with self.database.write() as connection:
            receipts = inbox_store.claim(connection, queue, n)
            messages = [message for receipt in receipts for message in self._read(connection, receipt)]
            self._halve(connection, messages, queue)
            inbox_store.done(connection, [receipt.id for receipt in receipts])
        return len(receipts)

    def _read(self, connection: Connection, receipt: Receipt) -> Sequence[Message | SetAside]:
        """The messages of a receipt; one that nobody foresaw fails as a whole and holds nobody up."""
        try:
            return read(receipt, self.process)
        except Exception as error:  # noqa: BLE001 - kept with the receipt, for a person to look at
            key = nameless_id(receipt, 0, receipt.body)
            self._fail(connection, SetAside(key, receipt.source, receipt.id, 0, receipt.received_at, ""), error)
            return ()

    def _halve(self, connection: Connection, messages: Sequence[Message | SetAside], queue: Queue) -> None:
        """Decide in savepoints, in halves, down to the message at fault."""
        for n_tries in range(1, _TRIES + 1):
            try:
                with connection.begin_nested():
                    self._pass(connection, messages, self.now(), queue)
            except Unready:
                raise
            except Exception as error:
                if isinstance(error, DBAPIError):
                    if is_away(error):
                        raise
                    if _lost_a_race(error) and n_tries < _TRIES:
                        continue
                if len(messages) == 1:
                    self._fail(connection, messages[0], error)
                    return
                middle = len(messages) // 2
                self._halve(connection, messages[:middle], queue)
                self._halve(connection, messages[middle:], queue)
            return

    def _fail(self, connection: Connection, message: Message | SetAside, error: Exception) -> None:
        said = str(error) if isinstance(error, CloseloopError) else f"{type(error).__name__}: {error}"
        # What the database said may quote the very text that it cannot keep, and so may the message's id.
        reason = clean(said)[:_LONGEST_REASON]
        if has_unfit(message.id):
            key = nameless_id_of(message.source, message.receipt_id, message.position)
            message = SetAside(key, message.source, message.receipt_id, message.position, message.received_at, reason)
        log.error("message failed", message=message.id, reason=reason, exc_info=error)
        with connection.begin_nested():
            no = inbox_store.open_batch(connection, self.process.signed, 1, self.now())
            inbox_store.save_messages(connection, [Verdict(message, "failed", reason)], no)

    def _receipt(self, source: str, door: Door, body: bytes, headers: Mapping[str, str] | None = None) -> Receipt:
        now = self.now()
        return Receipt(ids.new(now), source, door, "live", now, headers or {}, body)


def _told(connector: Connector) -> Limits | None:
    try:
        return connector.limits()
    except EndError:
        return None


def _once_each(messages: Sequence[Message | SetAside]) -> list[Message | SetAside]:
    """The first delivery of each message; one that can be used goes before one that cannot."""
    found: dict[str, Message | SetAside] = {}
    for message in messages:
        before = found.get(message.id)
        if before is None or (isinstance(before, SetAside) and isinstance(message, Message)):
            found.pop(message.id, None)
            found[message.id] = message
    return list(found.values())


def _lost_a_race(error: DBAPIError) -> bool:
    """Another worker claimed a key, or the database broke a ring of waiting: deciding again sees what the other did."""
    state = getattr(error.orig, "sqlstate", None)
    return isinstance(error, IntegrityError) or state in ("40001", "40P01")


def _answer_of(key: str, error: EndError) -> Answer:
    match error:
        case Permanent() if not isinstance(error, Barred):
            return Answer(key, Outcome.PERMANENT, reason=str(error))
        case Transient(retry_after=after) if after is not None:
            return Answer(key, Outcome.TRANSIENT, reason=str(error), retry_after_seconds=after.total_seconds())
        case _:
            return Answer(key, Outcome.TRANSIENT, reason=str(error))
