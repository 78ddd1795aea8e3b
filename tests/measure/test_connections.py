"""A link can be trusted by figures: drift at the last compare, the oldest unsent change, duplicates made by the hub."""

from __future__ import annotations

from datetime import timedelta

import pytest

from closeloop.measure.connections import connections, made_twice
from closeloop.outbox.nouns import Compared
from closeloop.outbox.store import compares
from support.side_window import JOE, NOW, Seed, at


def compared(id_: str, n_gone: int, n_there: int = 200, object_name: str = "Lead") -> Compared:
    return Compared(id_, "crm", object_name, "on schedule", n_there, n_there + n_gone, 0, n_gone, 0)


def seen(window):
    with window.database.read() as connection:
        return {each.source: each for each in connections(connection, NOW)}


def test_drift_is_that_of_the_latest_compare_of_each_object(window):
    with window.database.write() as connection:
        for no, each in enumerate([compared("c1", 90), compared("c2", 2), compared("c3", 0, 298, "Contact")]):
            began = NOW - timedelta(hours=9 - no)
            compares.save_compared(connection, each, began, began + timedelta(minutes=5))
    crm = seen(window)["crm"]
    assert [(each.object, each.n, each.ended_at) for each in crm.drift] == [
        ("Contact", 0, NOW - timedelta(hours=7) + timedelta(minutes=5)),
        ("Lead", 2, NOW - timedelta(hours=8) + timedelta(minutes=5)),
    ]
    assert crm.percent == pytest.approx(100 * 2 / 500)


def test_what_was_never_compared_has_no_drift_and_what_waits_has_an_age(window):
    seed = Seed()
    seed.command("waits", "ma", "tell", at(1), state="waiting", lane=1)
    with window.database.write() as connection:
        seed.write(connection)
    ma = seen(window)["ma"]
    assert (ma.percent, ma.oldest) == (None, timedelta(days=1, hours=2))
    assert ma.end is not None
    assert ma.end.is_down
    assert seen(window)["crm"].oldest is None


@pytest.mark.parametrize(("when", "n"), [(at(5, month=8), 1), (at(2, month=8), 0)], ids=["after", "control: before"])
def test_a_record_made_for_somebody_who_had_one_already_is_a_duplicate_of_ours(window, when, n):
    seed = Seed()
    seed.command("twice", "crm", "create", when, person_id=JOE, answer_id="00Q000000000002AAA")
    with window.database.write() as connection:
        seed.write(connection)
    with window.database.read() as connection:
        assert made_twice(connection).get("crm", 0) == n


def test_an_empty_hub_has_no_connections(empty):
    assert seen(empty) == {}
