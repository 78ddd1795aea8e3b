"""One holder a key, one lock a person, and merges that can be taken back exactly."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, select, text
from sqlalchemy.exc import IntegrityError

from closeloop.db import Database
from closeloop.identity import store
from closeloop.identity.attribute import attribute
from closeloop.identity.keys import keys_of
from closeloop.identity.nouns import Attributed, Born, Claim, Merge, Visit
from closeloop.inbox.nouns import Key, Message
from closeloop.words.errors import BadInput
from support.messages import AT, COMPANY_PATHS, POLICY, form

JOE, ANN = "joe@acme.example", "ann@acme.example"


def found(*, born=(), claims=(), merges=(), visits=()):
    return Attributed({}, {}, tuple(born), tuple(claims), tuple(merges), tuple(visits), {})


def born(*names: str) -> list[Born]:
    return [Born(name, "person", AT, "form:1") for name in names]


def merge(no: int, survivor: str, loser: str) -> Merge:
    return Merge(f"m{no}", "person", survivor, loser, AT + timedelta(seconds=no), "b2b@7", "one message", "form:1")


def hear(database: Database, *messages: Message) -> Attributed:
    """Attribute one batch as the road does: load, decide, save, in one transaction."""
    with database.write() as connection:
        known = store.load(connection, keys_of(messages, COMPANY_PATHS))
        said = attribute(messages, known, POLICY)
        store.save(connection, said)
    return said


def roots(database: Database) -> dict[str, str]:
    with database.read() as connection:
        return dict(connection.execute(select(store.entities.c.id, store.entities.c.root_id)).all())


def test_what_was_saved_is_known_to_the_next_batch(database):
    hear(database, form(JOE, user="u1", browser="phone", act=None))
    again = form(" JOE@acme.example", user="u1")
    said = hear(database, again)
    assert (said.born, said.claims) == ((), ())
    with database.read() as connection:
        assert store.spans(connection, ["form/phone"]) == {"form/phone": [(AT, said.subject[again.id])]}


def test_a_key_has_one_holder(database):
    key = Key("email", JOE)
    with database.write() as connection:
        store.save(connection, found(born=born("joe"), claims=[Claim(key, "joe", AT, "form:1")]))
    with pytest.raises(IntegrityError), database.write() as connection:
        store.save(connection, found(born=born("jim"), claims=[Claim(key, "jim", AT, "form:2")]))
    assert roots(database) == {"joe": "joe"}, "the second claimant leaves nothing behind"


def test_of_two_workers_with_the_same_new_address_the_second_decides_again_and_finds_the_first(postgres_url):
    database = Database(postgres_url)
    one, other = form(JOE), form("JOE@acme.example", at=AT + timedelta(seconds=5))
    claimed, errors = threading.Event(), []

    def second() -> None:
        try:
            with database.write() as connection:
                known = store.load(connection, keys_of([other], COMPANY_PATHS))
                said = attribute([other], known, POLICY)
                claimed.set()
                store.save(connection, said)
        except IntegrityError as error:
            errors.append(error)

    with database.write() as connection:
        known = store.load(connection, keys_of([one], COMPANY_PATHS))
        store.save(connection, attribute([one], known, POLICY))
        rival = threading.Thread(target=second)
        rival.start()
        assert claimed.wait(10)
        rival.join(0.3)
        assert rival.is_alive(), "it waits for the claim that is not committed yet"
    rival.join(10)
    assert len(errors) == 1
    assert hear(database, other).born == ()
    database.close()


@pytest.fixture
def two_known(postgres_url: str) -> Iterator[Database]:
    """Joe by his user id and by his address on a PostgreSQL, not linked yet."""
    database = Database(postgres_url)
    hear(database, form(user="u1"))
    hear(database, form(JOE, at=AT + timedelta(hours=1)))
    yield database
    database.close()


@pytest.mark.parametrize("key", [Key("form.user", "u1"), Key("email", JOE)], ids=["survivor", "loser"])
def test_a_second_worker_waits_for_a_person_and_then_sees_whom_the_first_linked_to_them(two_known, key):
    seen: list[dict[str, str]] = []

    def second() -> None:
        with two_known.write() as connection:
            seen.append(store.load(connection, [key]).roots)

    both = form(JOE, user="u1")
    with two_known.write() as connection:
        known = store.load(connection, keys_of([both], COMPANY_PATHS))
        said = attribute([both], known, POLICY)
        store.save(connection, said)
        rival = threading.Thread(target=second)
        rival.start()
        rival.join(0.5)
        assert not seen
    rival.join(10)
    assert len(said.merges) == 1
    assert seen == [roots(two_known)]
    assert len(set(roots(two_known).values())) == 1


def test_control_a_single_look_under_lock_misses_whom_the_first_linked(two_known):
    seen: list[list[str]] = []
    once = text("SELECT id FROM entities WHERE root_id IN (SELECT root_id FROM entities WHERE id = :loser) FOR UPDATE")

    def second(loser: str) -> None:
        with two_known.write() as connection:
            seen.append(list(connection.execute(once, {"loser": loser}).scalars()))

    both = form(JOE, user="u1")
    with two_known.write() as connection:
        known = store.load(connection, keys_of([both], COMPANY_PATHS))
        said = attribute([both], known, POLICY)
        store.save(connection, said)
        rival = threading.Thread(target=second, args=[said.merges[0].loser_id])
        rival.start()
        rival.join(0.5)
        assert not seen
    rival.join(10)
    assert seen == [[]]


def test_workers_on_different_people_do_not_wait_for_each_other(postgres_url):
    database = Database(postgres_url)
    hear(database, form(JOE), form(ANN))
    with database.write() as one, database.write() as other:
        store.load(one, [Key("email", JOE)])
        other.execute(text("SET LOCAL lock_timeout = '2s'"))
        assert store.load(other, [Key("email", ANN)]).holders
    database.close()


def test_a_merge_that_is_undone_gives_both_back_and_is_not_made_again(database):
    by_user, by_email = form(user="u1"), form(JOE, at=AT + timedelta(hours=1))
    first, second = hear(database, by_user).subject[by_user.id], hear(database, by_email).subject[by_email.id]
    both = form(JOE, user="u1")
    (linked,) = hear(database, both).merges
    assert set(roots(database).values()) == {first}
    with database.write() as connection:
        assert store.unlink(connection, linked.id, "huber", AT) == (first, second)
    assert roots(database) == {first: first, second: second}
    again = hear(database, form(JOE, user="u1"))
    assert again.merges == ()
    assert len(again.notes) == 1
    assert roots(database) == {first: first, second: second}


def test_a_merge_is_undone_once_and_only_when_there_is_one(database):
    with database.write() as connection:
        store.save(connection, found(born=born("a", "b"), merges=[merge(1, "a", "b")]))
        store.unlink(connection, "m1", "huber", AT)
        with pytest.raises(BadInput, match="m1 was undone already, by huber"):
            store.unlink(connection, "m1", "huber", AT)
        with pytest.raises(BadInput, match="there is no merge 'm2'; `closeloop why person ID` lists"):
            store.unlink(connection, "m2", "huber", AT)


def test_of_a_chain_only_the_link_that_was_undone_goes(database):
    chain = [merge(1, "a", "b"), merge(2, "a", "c"), merge(3, "a", "d")]
    with database.write() as connection:
        store.save(connection, found(born=born("a", "b", "c", "d"), merges=chain))
        assert store.members(connection, ["a"]) == {"a": ["a", "b", "c", "d"]}
        assert store.unlink(connection, "m2", "huber", AT) == ("a", "c")
        assert store.members(connection, ["a", "c"]) == {"a": ["a", "b", "d"], "c": ["c"]}


def test_a_chain_breaks_in_two_where_its_middle_link_is_undone(database):
    links = [merge(1, "c", "d"), merge(2, "b", "c"), merge(3, "a", "b")]
    with database.write() as connection:
        store.save(connection, found(born=born("a", "b", "c", "d"), merges=links))
        assert store.members(connection, ["a"]) == {"a": ["a", "b", "c", "d"]}
        assert store.unlink(connection, "m2", "huber", AT) == ("a", "c")
        assert store.members(connection, ["a", "c"]) == {"a": ["a", "b"], "c": ["c", "d"]}


def test_the_crosswalk_has_the_keys_of_all_who_are_linked_the_newest_first(database):
    claims = [
        Claim(Key("email", JOE), "joe", AT, "form:1"),
        Claim(Key("crm.Lead", "L1"), "joe", AT + timedelta(hours=2), "crm:1"),
        Claim(Key("email", "joe@home.example"), "joseph", AT + timedelta(hours=1), "form:2"),
    ]
    with database.write() as connection:
        store.save(connection, found(born=born("joe", "joseph"), claims=claims))
        assert store.crosswalk(connection, ["joe"])["joe"] == [Key("crm.Lead", "L1"), Key("email", JOE)]
        store.save(connection, found(merges=[merge(1, "joe", "joseph")]))
        assert store.crosswalk(connection, ["joe", "joseph"]) == {
            "joe": [Key("crm.Lead", "L1"), Key("email", "joe@home.example"), Key("email", JOE)]
        }
        assert store.roots_of(connection, ["joseph", "nobody"]) == {"joseph": "joe"}
        assert store.family(connection, ["joe"]) == {"joe": "joe", "joseph": "joe"}
        assert store.kinds(connection, ["joseph"]) == {"joseph": "person"}


def test_a_visit_told_twice_is_kept_once(database):
    visit = Visit("form/phone", AT, "joe", "form:1")
    with database.write() as connection:
        store.save(connection, found(born=born("joe"), visits=[visit, visit]))
        store.save(connection, found(visits=[visit]))
        assert store.spans(connection, ["form/phone", "form/none"]) == {"form/phone": [(AT, "joe")]}
        assert store.spans(connection, []) == {}


def test_looking_up_keys_uses_indexes(sqlite_url):
    # On SQLite only: a nearly empty PostgreSQL reads whole tables whatever its indexes.
    database = Database(sqlite_url)
    statements: list[tuple[str, Sequence[object]]] = []
    event.listen(database.engine, "before_cursor_execute", lambda *said: statements.append(said[2:4]))
    with database.write() as connection:
        store.load(connection, [Key("email", JOE), Key("closeloop", "joe")])
        store.crosswalk(connection, ["joe"])
        store.spans(connection, ["form/phone"])
        asked = [said for said in statements if said[0].startswith("SELECT")]
        plans = [connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values).all() for sql, values in asked]
    database.close()
    assert len(plans) == 9
    steps = [step[-1] for plan in plans for step in plan]
    assert not [step for step in steps if step.startswith("SCAN") and "VIRTUAL" not in step], steps


NAMES = tuple("abcdefgh")
ACTS = st.lists(st.one_of(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), st.integers(0, 12)), max_size=16)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS)
def test_roots_are_always_what_the_links_that_are_left_make_them(database, acts):
    """Acts are merges of two roots, or the undoing of the link with that number."""
    with database.write() as connection:
        connection.execute(store.merges.delete())
        connection.execute(store.pairs.delete())
        connection.execute(store.entities.delete())
        store.save(connection, found(born=born(*NAMES)))
        made: list[Merge] = []
        left: dict[int, Merge] = {}
        for act in acts:
            standing = store.roots_of(connection, NAMES)
            if isinstance(act, int):
                if act in left:
                    one = left.pop(act)
                    said = store.unlink(connection, one.id, "huber", AT)
                    assert {standing[one.survivor_id]} | set(said) == set(said)
            elif standing[act[0]] != standing[act[1]]:
                survivor, loser = sorted((standing[act[0]], standing[act[1]]))
                made.append(merge(len(made), survivor, loser))
                left[len(made) - 1] = made[-1]
                store.save(connection, found(merges=made[-1:]))
            assert store.roots_of(connection, NAMES) == _joined(NAMES, left.values())


def _joined(names, links):
    """Root of each: the first of all who hang together by these links."""
    root = dict(zip(names, names, strict=True))
    for link in links:
        one, other = sorted((root[link.survivor_id], root[link.loser_id]))
        root = {name: one if of == other else of for name, of in root.items()}
    return root
