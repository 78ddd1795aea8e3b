"""Nobody is told of one touch twice by one rule."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from closeloop.alerts import store
from closeloop.alerts.nouns import Alert
from closeloop.db import Database
from closeloop.words.moment import to_us
from support.outgoing import AT, b2b

B2B = b2b()
WITHIN = timedelta(minutes=1)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    found = Database(database_url)
    yield found
    found.close()


def alert(touch: str, member: str = "abel", rule: str = "alerts[0]") -> Alert:
    seller = B2B.member(member)
    assert seller is not None
    return Alert(
        f"{rule}/{touch}/{member}", rule, "joe", touch, seller, AT, AT + WITHIN, "Joe", "Joe did it", "b2b@7 alerts[0]"
    )


def save(database: Database, *alerts: Alert) -> list[str]:
    with database.write() as connection:
        return [each.id for each in store.save_new(connection, alerts, "b2b@7")]


def test_what_was_told_is_not_told_again(database):
    assert save(database, alert("form:1"), alert("form:1")) == ["alerts[0]/form:1/abel"]
    assert save(database, alert("form:1"), alert("form:2")) == ["alerts[0]/form:2/abel"]
    assert save(database) == []


def test_another_seller_and_another_rule_are_told_all_the_same(database):
    first = alert("form:1")
    assert save(database, first, alert("form:1", "sato"), alert("form:1", rule="alerts[1]")) == [
        "alerts[0]/form:1/abel", "alerts[0]/form:1/sato", "alerts[1]/form:1/abel",
    ]  # fmt: skip


def test_who_was_told_of_what_by_which_process_is_kept(database):
    save(database, alert("form:1"))
    with database.read() as connection:
        (row,) = connection.execute(select(store.alerts)).mappings()
    assert (row["member"], row["touch_id"], row["person_id"], row["process"]) == ("abel", "form:1", "joe", "b2b@7")


def test_the_moment_that_was_agreed_is_kept_with_the_alert(database):
    save(database, alert("form:1"))
    with database.read() as connection:
        (row,) = connection.execute(select(store.alerts.c.at, store.alerts.c.due_at))
    assert (row.at, row.due_at) == (to_us(AT), to_us(AT + WITHIN))


def test_an_alert_of_a_batch_that_was_rolled_back_was_not_told(database):
    with database.engine.connect() as connection:
        store.save_new(connection, [alert("form:1")], "b2b@7")
        connection.rollback()
    assert save(database, alert("form:1")) == ["alerts[0]/form:1/abel"]
