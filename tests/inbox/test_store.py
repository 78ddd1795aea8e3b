"""The inbox on both databases: kept verbatim, claimed once, decided once, numbered in the order of commits."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from closeloop.db import Database, metadata
from closeloop.inbox import store
from closeloop.inbox.nouns import Message, Queue, Receipt, SetAside, Verdict
from closeloop.process.load import load
from closeloop.process.nouns import Process
from closeloop.words import ids
from closeloop.words.errors import BadInput

NOW = datetime(2026, 9, 1, 9, tzinfo=UTC)
TABLES = (store.receipts, store.waiting, store.messages, store.batches, store.processes, store.ends)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    metadata.create_all(database.engine, tables=TABLES)
    yield database
    database.close()


@pytest.fixture(scope="module")
def process() -> Process:
    return load(Path(__file__).parents[2] / "processes/b2b.yaml")


def receipt(n: int, queue: Queue = "live") -> Receipt:
    at = NOW + timedelta(milliseconds=n)
    return Receipt(ids.new(at), "form", "segment", queue, at, {"path": "/v1/batch", "n": str(n)}, b"\x00\xff%d" % n)


def decided(key: str, of: Receipt, position: int = 0) -> Verdict:
    message = Message(f"form:{key}", "form", of.id, position, "event", NOW, NOW, flags=("clock_skew",))
    return Verdict(message, "decided", subject_id="p1")


def set_aside(key: str, of: Receipt, reason: str = "event: got int") -> Verdict:
    return Verdict(SetAside(f"form:{key}", "form", of.id, 0, NOW, reason), "set_aside")


def test_a_receipt_comes_back_as_it_was_sent(database: Database):
    sent = receipt(1)
    with database.write() as connection:
        store.save_receipts(connection, [sent])
    with database.read() as connection:
        assert store.load_receipts(connection, [sent.id, "unknown"]) == {sent.id: sent}


def test_the_oldest_of_a_queue_are_claimed_and_wait_until_done(database: Database):
    sent = [receipt(n, "bulk" if n == 2 else "live") for n in range(5)]
    with database.write() as connection:
        store.save_receipts(connection, list(reversed(sent)))
    with database.write() as connection:
        assert store.claim(connection, "live", 2) == [sent[0], sent[1]]
    with database.write() as connection:
        assert store.n_waiting(connection) == {
            "live": (4, sent[0].received_at), "bulk": (1, sent[2].received_at),
        }  # fmt: skip
        store.done(connection, [sent[0].id, sent[1].id])
        assert store.claim(connection, "live", 9) == [sent[3], sent[4]]
    with database.write() as connection:
        store.wait_again(connection, [sent[0].id, sent[3].id], "live")
        assert store.claim(connection, "live", 1) == [sent[0]]


def test_two_workers_never_claim_the_same_receipt(postgres_url: str):
    database = Database(postgres_url)
    metadata.create_all(database.engine, tables=TABLES)
    sent = [receipt(n) for n in range(4)]
    with database.write() as connection:
        store.save_receipts(connection, sent)
    with database.write() as one, database.write() as two:
        assert store.claim(one, "live", 2) == sent[:2]
        assert store.claim(two, "live", 4) == sent[2:]
    database.close()


def test_what_was_decided_is_known_and_what_was_set_aside_may_come_again(database: Database):
    sent = receipt(1)
    with database.write() as connection:
        no = store.open_batch(connection, "b2b@7", 2, NOW)
        store.save_messages(connection, [decided("a", sent), set_aside("b", sent)], no)
    with database.write() as connection:
        assert store.known(connection, ["form:a", "form:b", "form:c"]) == {"form:a"}
        store.save_messages(connection, [decided("b", sent, 7)], store.open_batch(connection, "b2b@7", 1, NOW))
    with database.read() as connection:
        assert store.known(connection, ["form:a", "form:b"]) == {"form:a", "form:b"}
        assert store.messages_of_batch(connection, 1) == [("form:a", sent.id, 0)]
        assert store.messages_of_batch(connection, 2) == [("form:b", sent.id, 7)]
        assert list(store.each_batch(connection)) == [(1, NOW, "b2b@7"), (2, NOW, "b2b@7")]


def test_setting_aside_again_changes_nothing(database: Database):
    first, second = receipt(1), receipt(2)
    with database.write() as connection:
        store.save_messages(connection, [decided("a", first), set_aside("b", first)], 1)
        store.save_messages(connection, [set_aside("a", second), set_aside("b", second, "another reason")], 2)
        assert len(store.messages_of_batch(connection, 1)) == 2
        assert store.messages_of_batch(connection, 2) == []


def test_deciding_one_message_twice_is_refused_by_the_database(database: Database):
    with database.write() as connection:
        store.save_messages(connection, [decided("a", receipt(1))], 1)
    with pytest.raises(IntegrityError), database.write() as connection:
        store.save_messages(connection, [decided("a", receipt(2))], 2)


def test_batch_numbers_follow_the_order_of_commits(database: Database):
    """Each worker waits for the one before it, so a number is never visible before a smaller one."""

    def work() -> None:
        for _ in range(10):
            with database.write() as connection:
                store.open_batch(connection, "b2b@7", 1, NOW)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    with database.read() as connection:
        assert [no for no, _, _ in store.each_batch(connection)] == list(range(1, 41))


def test_a_version_of_the_process_is_kept_with_its_files(database: Database, process: Process):
    with database.write() as connection:
        assert store.save_process(connection, process, NOW)
        assert not store.save_process(connection, process, NOW + timedelta(days=1))
        assert store.load_process(connection, "b2b@7") == dict(process.files)
        assert store.n_waiting(connection) == {}


def test_a_version_with_other_content_is_refused(database: Database, process: Process):
    changed = replace(process, files={**process.files, "b2b.yaml": b"other"})
    with database.write() as connection:
        store.save_process(connection, process, NOW)
        with pytest.raises(BadInput, match="raise `version` to 8"):
            store.save_process(connection, changed, NOW)
        with pytest.raises(BadInput, match="b2b@8 was never in use here; in use were b2b@7"):
            store.load_process(connection, "b2b@8")


def test_a_cursor_moves_on_and_an_error_leaves_it(database: Database):
    with database.write() as connection:
        store.save_end_error(connection, "crm", "401", NOW)
        assert store.load_ends(connection)["crm"].cursor is None
        store.save_cursor(connection, "crm", "c1", 200, NOW)
        store.save_cursor(connection, "crm", "c2", 7, NOW)
        store.save_end_error(connection, "crm", "500", NOW + timedelta(hours=1))
        end = store.load_ends(connection)["crm"]
        assert (end.cursor, end.n_records, end.error, end.pulled_at) == ("c2", 207, "500", NOW)
        store.save_cursor(connection, "crm", "c3", 0, NOW + timedelta(hours=2))
        assert store.load_ends(connection)["crm"].error is None
