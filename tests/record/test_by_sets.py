"""Merging by sets inside the database leaves what the road leaves, byte for byte, whatever the rules and the values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, event, select

from closeloop.process.nouns import Process
from closeloop.record import by_sets, store
from closeloop.record.nouns import FieldValue
from closeloop.record.settle import settle
from closeloop.record.store import by_sets as store_by_sets
from support.small_process import field, small_process

AT = datetime(2026, 9, 1, 23, 59, 59, 999_999, tzinfo=UTC)
PEOPLE, ACCOUNTS = ("ann", "joe", "joseph", "zoë"), ("acme", "acme-2")
PATHS = ("desk.x", "crm.X", "crm.Lead.OwnerId", "ma.x", "form.x", "gone.x")
MOMENTS = (AT, AT + timedelta(microseconds=1), AT + timedelta(days=40), datetime(1969, 12, 31, 23, tzinfo=UTC))
SAID = ("", "i", "I", "İ", "ı", "ß", "ss", "é", "e\u0301", "\uffee", "\U0001f600", '"', "\x00x", "true", "1", "ring me")

moments = st.sampled_from([*MOMENTS, datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, tzinfo=UTC)])
stored = st.one_of(st.sampled_from(SAID), st.booleans(), st.sampled_from([0, 1, -1, 1.0, 0.1, 1e300, 2**62]))
values = st.builds(
    FieldValue,
    st.sampled_from([*PEOPLE, *ACCOUNTS, "unlinked"]),
    st.sampled_from(["x", "opted_out", "owner", "account", "nobody's"]),
    st.sampled_from(PATHS),
    moments,
    stored,
    stored,
    st.booleans(),
    st.sampled_from(["m:1", "m:2"]),
)
groups = st.lists(st.lists(st.sampled_from(PATHS), min_size=1, max_size=3).map(tuple), max_size=4)
links = st.fixed_dictionaries({id_: st.sampled_from(PEOPLE) for id_ in PEOPLE}).map(
    lambda roots: {id_: ("person", root if roots[root] == root else id_) for id_, root in roots.items()}
)


@st.composite
def processes(draw: st.DrawFn, version: int) -> Process:
    rules = {
        kind: {
            "x": field(kind, "x", draw(st.sampled_from(["text", "phone"])), *draw(groups)),
            "opted_out": field(kind, "opted_out", "boolean", *draw(groups), any_true=True),
        }
        for kind in ("person", "account")
    }
    return replace(small_process(), version=version, fields=rules)


def by_road(connection: Connection, process: Process, rows: Sequence[FieldValue], kinds: dict[str, str]) -> None:
    store.save_values(connection, rows)
    roots = list(kinds)
    settled = settle(kinds, store.load_values(connection, roots), store.load_settled(connection, roots), process)
    store.save_winners(connection, settled)


def kinds_of(linked_to: dict[str, tuple[str, str]], rows: Sequence[FieldValue]) -> dict[str, str]:
    roots = {linked_to[row.entity_id][1] for row in rows if row.entity_id in linked_to}
    return {root: linked_to[root][0] for root in roots}


def tables(connection: Connection) -> list[set[tuple[object, ...]]]:
    return [{tuple(row) for row in connection.execute(select(each))} for each in (store.field_values, store.winners)]


class Past(NamedTuple):
    """What the road did before: who was linked to whom, what was reported, and by which process it was settled."""

    linked_to: dict[str, tuple[str, str]]
    rows: Sequence[FieldValue]
    process: Process


def both_ways(database, link, past, linked_to, process, rows):
    """Both tables at first, after the road, and after the merge by sets from the same beginning; and what that said."""
    link(**past.linked_to)
    with database.write() as connection:
        connection.execute(store.field_values.delete())
        connection.execute(store.winners.delete())
        by_road(connection, past.process, past.rows, {id_: kind for id_, (kind, _) in past.linked_to.items()})
    link(**linked_to)
    with database.write() as connection:
        # Who links or parts settles both.
        by_road(connection, past.process, [], {id_: kind for id_, (kind, _) in linked_to.items()})
        stood = tables(connection)
        with connection.begin_nested() as attempt:
            by_road(connection, process, rows, kinds_of(linked_to, rows))
            road = tables(connection)
            attempt.rollback()
        applied = store.apply_set(connection, store.stage(connection, rows), process)
        return stood, road, tables(connection), applied


FIRMS = dict.fromkeys(ACCOUNTS, ("account", "acme"))
pasts = st.builds(Past, links.map(lambda people: people | FIRMS), st.lists(values, max_size=12), processes(7))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pasts, links, st.none() | processes(8), st.lists(values, max_size=12), st.sampled_from([1, 3, 200_000]))
def test_merging_by_sets_leaves_what_the_road_leaves(database, linked, past, people, changed, rows, size):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store_by_sets, "SLICE", size)
        stood, road, by_set, applied = both_ways(database, linked, past, people | FIRMS, changed or past.process, rows)
    assert by_set == road
    if size == 200_000:  # in smaller slices, a root may be settled once for each of those linked to it
        written = [len(after - before) for before, after in zip(stood, by_set, strict=True)]
        stayed = {row[:2] for row in by_set[1]}
        assert applied == (*written, len({row[:2] for row in stood[1]} - stayed))


def test_what_is_known_already_writes_nothing(database, linked, process):
    linked(joe=("person", "joe"))
    rows = [FieldValue("joe", "title", "form.title", AT, "CTO", " CTO", True, "m:1")]
    with database.write() as connection:
        assert store.apply_set(connection, store.stage(connection, rows), process) == (1, 1, 0)
        assert store.apply_set(connection, store.stage(connection, rows), process) == (0, 0, 0)
        assert store.apply_set(connection, store.stage(connection, []), process) == (0, 0, 0)


def test_postgresql_looks_at_a_first_load_whenever_it_doubled(database, linked, process, monkeypatch):
    monkeypatch.setattr(store_by_sets, "SLICE", 1)
    people = [f"p{n:02}" for n in range(32)]
    linked(**{id_: ("person", id_) for id_ in people})
    rows = [FieldValue(id_, "title", "form.title", AT, "CTO", "CTO", True, "m:1") for id_ in people]
    said: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *call: said.append(call[2]))
    with database.write() as connection:
        store.apply_set(connection, store.stage(connection, rows), process)
    slices, looks = (
        sum(each.strip().startswith(name) for each in said) for name in ("INSERT INTO field_", "ANALYZE field_")
    )
    assert (slices >= 16, looks) == (True, 4 if database.engine.dialect.name == "postgresql" else 0)


RIVALS = {
    "valid DESC": ("x", {"valid": False, "path": "desk.x"}, {}),
    "turn": ("x", {"path": "desk.x"}, {"at": MOMENTS[2]}),
    "at DESC": ("x", {"value": "a", "at": AT + timedelta(days=1)}, {}),
    "place": ("x", {}, {"path": "ma.x"}),
    "path DESC": ("account", {}, {"path": "ma.x"}),
    "value DESC": ("x", {"value": "a"}, {"value": "Z"}),
    "given DESC": ("x", {"given": "a"}, {"given": "Z"}),
    "message_id DESC": ("x", {"message_id": "m:2"}, {}),
}


@pytest.mark.parametrize("rank", [None, *RIVALS])
def test_control_without_any_one_rank_of_the_order_another_value_wins(database, linked, monkeypatch, rank):
    assert set(by_sets.ORDER) == set(RIVALS)
    monkeypatch.setattr(by_sets, "ORDER", [each for each in by_sets.ORDER if each != rank])
    rules = {"person": {"x": field("person", "x", "text", "desk.x", ("crm.X", "ma.x"))}}
    process = replace(small_process(), fields=rules)
    one = {"joe": ("person", "joe"), "ann": ("person", "joe")}
    same = []
    for name, first, second in [RIVALS[rank]] if rank else RIVALS.values():
        said = FieldValue("joe", name, "crm.X", AT, "b", "b", True, "m:1")
        for ids in (("joe", "ann"), ("ann", "joe")):
            rows = [said._replace(entity_id=id_, **each) for id_, each in zip(ids, (first, second), strict=True)]
            _, road, by_set, _ = both_ways(database, linked, Past(one, [], process), one, process, rows)
            same.append(by_set == road)
    assert all(same) == (rank is None)


def test_control_a_record_that_took_its_true_back_would_still_be_believed_without_the_look_at_what_came_later(
    database, linked, process, monkeypatch
):
    joe = {"joe": ("person", "joe")}
    first = FieldValue("joe", "opted_out", "ma.unsubscribed", AT, True, True, True, "m:1")
    rows = [first, first._replace(at=MOMENTS[2], value=False, given=False)]
    _, road, by_set, _ = both_ways(database, linked, Past(joe, [], process), joe, process, rows)
    assert by_set == road
    monkeypatch.setattr(by_sets, "_BEST", by_sets._BEST.replace("THEN 2", "THEN 0"))
    _, road, by_set, _ = both_ways(database, linked, Past(joe, [], process), joe, process, rows)
    assert by_set != road


def test_a_field_that_was_cleared_is_settled_alike_and_has_no_winner(database, linked, monkeypatch):
    joe = {"joe": ("person", "joe"), "ann": ("person", "joe")}
    process = replace(small_process(), fields={"person": {"x": field("person", "x", "text", ("crm.X", "ma.x"))}})
    old = FieldValue("ann", "x", "ma.x", AT, "CTO", "CTO", True, "m:1")
    rows = [old, FieldValue("joe", "x", "crm.X", MOMENTS[2], "", "", True, "m:2")]
    _, road, by_set, _ = both_ways(database, linked, Past(joe, [old], process), joe, process, rows)
    assert by_set == road
    with database.read() as connection:
        assert store.load_winners(connection, ["joe"]) == {}
        assert store.load_settled(connection, ["joe"]) == store.load_cleared(connection, ["joe"])
        cleared = store.load_cleared(connection, ["joe"])["joe"]["x"]
        assert (cleared.is_cleared, cleared.why) == (
            True, "b2b@7 fields.person.x: crm.X cleared it on 2026-10-11 before ma.x",
        )  # fmt: skip
    monkeypatch.setattr(by_sets, "_WINNERS", by_sets._WINNERS.replace("cleared it on", "of"))
    assert both_ways(database, linked, Past(joe, [old], process), joe, process, rows)[2] != road


def test_parting_two_gives_a_value_back_that_only_the_other_had_cleared(database, linked, process):
    one = {"joe": ("person", "joe"), "ann": ("person", "joe")}
    rows = [
        FieldValue("joe", "title", "crm.Title", AT, "CTO", "CTO", True, "m:1"),
        FieldValue("ann", "title", "crm.Title", MOMENTS[2], "", "", True, "m:2"),
    ]
    linked(**one)
    with database.write() as connection:
        by_road(connection, process, rows, {"joe": "person"})
        assert store.load_winners(connection, ["joe"]) == {}
    linked(joe=("person", "joe"), ann=("person", "ann"))
    with database.write() as connection:
        by_road(connection, process, [], {"joe": "person", "ann": "person"})
        assert store.load_winners(connection, ["joe", "ann"])["joe"]["title"].value == "CTO"
        assert list(store.load_cleared(connection, ["joe", "ann"])) == ["ann"]
