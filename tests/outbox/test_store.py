"""A command is sent by one worker at a time, in the order of its person, and again only when its lease ran out."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest

from closeloop.db import Database
from closeloop.identity import store as identity_store
from closeloop.identity.nouns import Attributed, Born, Merge
from closeloop.outbox import store
from closeloop.outbox.nouns import Posted
from closeloop.outbox.settle import settle
from closeloop.ports import Answer, Outcome, Ref, Verb
from support.outgoing import AT, planned

LATER = AT + store.LEASE + timedelta(seconds=1)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    found = Database(database_url)
    yield found
    found.close()


def plan(database: Database, *commands, at=AT) -> None:
    with database.write() as connection:
        store.plan(connection, commands, at)


def claim(database: Database, *, at=AT, n=100, worker="w1", source="crm") -> list[Posted]:
    with database.write() as connection:
        return store.claim(connection, source, at, n, worker)


def keys(posted: list[Posted]) -> list[str]:
    return [each.planned.command.key for each in posted]


def answer(database: Database, key: str, outcome: Outcome = Outcome.DONE, *, ref=None, at=AT) -> None:
    with database.write() as connection:
        posted = store.load(connection, [key])[key]
        settled = settle(posted, Answer(key, outcome, ref, reason="HTTP 503"), at)
        store.settle(connection, [settled] if settled else [])


def test_a_command_comes_out_as_it_went_in(database):
    fields = {"Phone": "+49301234567", "Title": None, "Müller": True, "n": 2}
    sent = planned("k1", fields=fields, refs={"owner": Ref("User", "U1")})
    plan(database, sent)
    (posted,) = claim(database)
    assert posted.planned == sent
    assert (posted.n_answers, posted.created_at, posted.planned.command.attempt) == (0, AT, 1)


def test_a_key_that_is_there_is_not_planned_again(database):
    plan(database, planned("k1", fields={"Phone": "1"}))
    plan(database, planned("k1", fields={"Phone": "2"}))
    (posted,) = claim(database)
    assert posted.planned.command.fields == {"Phone": "1"}


def test_a_done_command_is_not_sent_again_though_it_is_planned_again(database):
    plan(database, planned("k1"))
    claim(database)
    answer(database, "k1")
    plan(database, planned("k1"), at=LATER)
    assert claim(database, at=LATER) == []


def test_what_one_worker_has_no_other_gets(database):
    plan(database, planned("k1"))
    assert keys(claim(database, worker="w1")) == ["k1"]
    assert claim(database, worker="w2") == []


def test_a_lease_that_ran_out_is_taken_over_and_the_attempt_says_so(database):
    plan(database, planned("k1"))
    claim(database, worker="w1")
    assert claim(database, at=AT + store.LEASE, worker="w2") == []
    (again,) = claim(database, at=LATER, worker="w2")
    assert again.planned.command.attempt == 2
    assert again.n_answers == 0


def test_the_answer_of_a_worker_that_was_given_up_is_not_taken(database):
    plan(database, planned("k1"), planned("k2", person_id="ann"))
    claim(database, worker="w1")
    claim(database, at=LATER, worker="w2", n=1)
    with database.write() as connection:
        assert store.end_leases(connection, ["k1", "k2"], "w1") == {"k2"}
        assert store.end_leases(connection, ["k1", "k2"], "w2") == {"k1"}
        assert store.end_leases(connection, ["k1", "k2"], "w2") == set(), "one answer ends a lease"


def test_what_was_answered_is_not_sent_again_while_its_answer_waits(database):
    plan(database, planned("k1"), planned("k2", person_id="ann"))
    claim(database)
    with database.write() as connection:
        store.end_leases(connection, ["k1"], "w1")
    assert keys(claim(database, at=LATER)) == ["k2"], "control: a lease that was not ended is taken over"


def test_of_one_person_the_second_command_waits_for_the_first(database):
    plan(database, planned("k1"), planned("k2"))
    plan(database, planned("k0"), at=AT + timedelta(seconds=1))
    plan(database, planned("other", person_id="ann"), planned("nobodys", person_id=None), at=AT + timedelta(seconds=2))
    assert keys(claim(database, at=LATER)) == ["k1", "other", "nobodys"]
    answer(database, "k1")
    assert keys(claim(database, at=LATER)) == ["k2"]
    answer(database, "k2")
    assert keys(claim(database, at=LATER)) == ["k0"]


def test_one_that_waits_for_its_next_try_still_goes_before_those_after_it(database):
    plan(database, planned("k1"), planned("k2"))
    claim(database)
    answer(database, "k1", Outcome.TRANSIENT)
    assert claim(database) == []
    assert keys(claim(database, at=AT + timedelta(seconds=2))) == ["k1"]


def test_a_dead_command_holds_up_nobody(database):
    plan(database, planned("k1"), planned("k2"))
    claim(database)
    answer(database, "k1", Outcome.PERMANENT)
    assert keys(claim(database)) == ["k2"]


def test_at_another_connection_the_order_is_another(database):
    plan(database, planned("k1"), planned("k2", source="ma"))
    assert keys(claim(database, source="ma")) == ["k2"]


def test_what_needs_a_create_goes_when_it_is_done_and_to_the_record_that_it_made(database):
    create = planned("create", Verb.CREATE)
    plan(
        database, create, planned("update", ref=None, after="create", person_id="ann"),
        planned("task", Verb.CREATE, after="create", person_id="mia"),
    )  # fmt: skip
    assert keys(claim(database)) == ["create"]
    answer(database, "create", ref=Ref("Lead", "L1"))
    update, task = claim(database)
    assert update.planned.command.ref == Ref("Lead", "L1")
    assert task.planned.command.ref is None
    assert task.planned.command.refs == {"person": Ref("Lead", "L1")}


def test_one_that_needs_a_dead_create_waits_and_holds_up_nobody(database):
    plan(database, planned("create", Verb.CREATE), planned("task", Verb.CREATE, after="create"), planned("opt-out"))
    claim(database)
    answer(database, "create", Outcome.PERMANENT)
    assert keys(claim(database)) == ["opt-out"]
    with database.write() as connection:
        assert store.revive(connection, ["create", "opt-out"], AT) == 1
    answer(database, "opt-out")
    (create,) = claim(database)
    assert (create.planned.command.key, create.planned.command.attempt, create.n_answers) == ("create", 2, 0)
    answer(database, "create", ref=Ref("Lead", "L1"))
    assert keys(claim(database)) == ["task"]


def test_a_command_is_counted_by_answers_and_by_attempts(database):
    plan(database, planned("k1"))
    claim(database)
    claim(database, at=LATER)
    answer(database, "k1", Outcome.TRANSIENT, at=LATER)
    with database.read() as connection:
        posted = store.load(connection, ["k1", "none"])["k1"]
    assert (posted.state, posted.n_answers, posted.planned.command.attempt) == ("waiting", 1, 2)


def test_no_more_are_taken_than_asked_for_the_oldest_first(database):
    plan(database, *(planned(f"k{n}", person_id=f"p{n}") for n in range(5)))
    assert keys(claim(database, n=3)) == ["k0", "k1", "k2"]


def test_two_workers_at_once_take_different_commands_and_never_two_of_one_person(postgres_url):
    database = Database(postgres_url)
    plan(database, *(planned(f"k{n:03}", person_id=f"p{n % 40}") for n in range(120)))
    barrier, taken = threading.Barrier(2), {}

    def work(worker: str) -> None:
        with database.write() as connection:
            barrier.wait(10)
            taken[worker] = store.claim(connection, "crm", AT, 25, worker)
            barrier.wait(10)  # both hold what they took before either commits

    threads = [threading.Thread(target=work, args=[name]) for name in ("w1", "w2")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    people = [each.planned.person_id for posted in taken.values() for each in posted]
    assert len(people) == len(set(people)) == 40
    database.close()


def test_creates_on_their_way_are_known_for_whoever_somebody_was_before_a_merge(database):
    born = [Born(name, "person", AT, "form:1") for name in ("joe", "joseph", "ann")]
    merge = Merge("m1", "person", "joe", "joseph", AT, "b2b@7", "one message", "form:1")
    with database.write() as connection:
        identity_store.save(connection, Attributed({}, {}, tuple(born), (), (merge,), (), {}))
    plan(
        database, planned("create", Verb.CREATE, person_id="joseph"), planned("update", person_id="joseph"),
        planned("done", Verb.CREATE, source="ma", person_id="joe"),
    )  # fmt: skip
    claim(database, source="ma")
    answer(database, "done")
    with database.write() as connection:
        assert store.pending_creates(connection, ["joe", "ann"]) == {"joe": {("crm", "Lead"): "create"}}
        assert store.pending_creates(connection, []) == {}


def test_what_a_record_holds_is_remembered_as_it_was_last_known(database):
    one, other = ("crm", "Lead", "L1"), ("ma", "Lead", "L1")
    with database.write() as connection:
        store.save_shadows(connection, {one: {"Phone": "1", "Optout": True}, other: {"phone": None}})
        store.save_shadows(connection, {one: {"Phone": "2"}})
        assert store.load_shadows(connection, [one, ("crm", "Lead", "L2")]) == {one: {"Phone": "2"}}
        assert store.load_shadows(connection, []) == {}
