"""What a database tells: rows that changed, by moment or by digest, with merges and deletions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import create_engine, text

from closeloop.connectors.sql import connect
from closeloop.ports import Ref
from closeloop.words.errors import Lost, Permanent
from support.erp import DECLARED, read_all, scan_all

pytestmark = pytest.mark.without_tables


def by_id(records, object_name="Contact"):
    return {record.id: record for record in records if record.object == object_name}


def test_reads_a_row_as_a_record_with_its_relations_and_values(opened, people):
    joe = by_id(read_all(opened())[0])["1"]
    assert joe.fields == {"Email": "joe@acme.example", "Name": "Joe Miller", "Status": "open"}
    assert joe.refs == {"account": Ref("Account", "7"), "owner": Ref("User", "sato")}
    assert (joe.changed_at, joe.active, joe.deleted) == (datetime(2026, 9, 1, 8, tzinfo=UTC), True, False)


def test_reads_those_first_that_others_point_to(opened, people):
    assert [record.object for record in read_all(opened())[0]] == ["Account", "Contact", "Contact"]
    assert opened().objects() == ["Account", "Contact", "Act"]


def test_tells_only_what_changed_since_the_cursor(opened, people, erp, clock):
    connector = opened()
    _, cursor = read_all(connector)
    assert read_all(connector, cursor)[0] == []
    erp("UPDATE people SET email = 'joe@new.example', updated_at = '2026-09-01 08:30:00' WHERE id = 1")
    records, cursor = read_all(connector, cursor)
    assert [(record.id, record.fields["Email"]) for record in records] == [("1", "joe@new.example")]
    assert read_all(connector, cursor)[0] == []


def late_commit(erp):
    erp("INSERT INTO people (id, full_name, updated_at) VALUES (3, 'Late', '2026-09-01 08:00:30')")


def test_finds_a_row_that_was_committed_late_with_an_earlier_moment(opened, people, erp):
    connector = opened()
    _, cursor = read_all(connector)
    late_commit(erp)
    assert [record.id for record in read_all(connector, cursor)[0]] == ["3"]


def test_would_miss_that_row_without_the_look_back(opened, people, erp):
    connector = opened(look_back_seconds="0")
    _, cursor = read_all(connector)
    late_commit(erp)
    assert read_all(connector, cursor)[0] == []


def test_a_row_dated_in_the_future_hides_nothing(opened, people, erp):
    erp("UPDATE people SET updated_at = '2099-01-01 00:00:00' WHERE id = 2")
    connector = opened()
    _, cursor = read_all(connector)
    erp("UPDATE people SET full_name = 'Joe M.', updated_at = '2026-09-01 09:00:01' WHERE id = 1")
    assert [record.id for record in read_all(connector, cursor)[0]] == ["1"]


def test_reads_page_by_page_when_all_rows_have_one_moment(opened, erp):
    erp(
        "INSERT INTO people (id, full_name, updated_at) VALUES "
        + ", ".join(f"({n}, 'P{n}', '2026-09-01 08:00:00')" for n in range(1, 26))
    )
    connector = opened(page_size="10")
    records, cursor = read_all(connector)
    assert sorted(by_id(records), key=int) == [str(n) for n in range(1, 26)]
    assert len(records) == 25
    assert read_all(connector, cursor)[0] == []


def test_reads_rows_without_a_moment_once(opened, erp):
    erp("INSERT INTO people (id, full_name) VALUES (1, 'Nobody knows when')")
    connector = opened()
    records, cursor = read_all(connector)
    assert [record.id for record in records] == ["1"]
    erp("UPDATE people SET updated_at = '2026-09-01 08:00:00'")
    assert [record.id for record in read_all(connector, cursor)[0]] == ["1"]


def test_finds_changes_by_digest_where_no_moment_is_declared(opened, people, erp):
    erp("INSERT INTO firms VALUES (8, 'Borg')")
    connector = opened(page_size="1")
    _, cursor = read_all(connector)
    assert read_all(connector, cursor)[0] == []
    erp("UPDATE firms SET title = 'Acme Corp' WHERE id = 7")
    assert [(each.id, each.fields) for each in read_all(connector, cursor)[0]] == [("7", {"Name": "Acme Corp"})]


def test_a_mark_tells_what_changes_from_now_on(opened, people, erp):
    connector = opened()
    cursor = connector.mark()
    assert read_all(connector, cursor)[0] == []
    erp("UPDATE people SET full_name = 'Ann', updated_at = '2026-09-01 08:40:00' WHERE id = 2")
    erp("UPDATE firms SET title = 'Acme Corp'")
    assert [record.object for record in read_all(connector, cursor)[0]] == ["Account", "Contact"]


def test_a_cursor_that_cannot_be_read_is_lost(opened, people):
    with pytest.raises(Lost, match="compare everything"):
        opened().pull("from another age")


def test_deleted_inactive_and_merged_rows_are_told_as_such(opened, people, erp):
    erp(
        "UPDATE people SET merged_into = 1 WHERE id = 2;"
        "INSERT INTO people (id, full_name, active, gone_at, updated_at) VALUES"
        " (3, 'Off', false, NULL, '2026-09-01 08:00:00'),"
        " (4, 'Gone', true, '2026-08-01 00:00:00', '2026-09-01 08:00:00')"
    )
    found = by_id(read_all(opened())[0])
    assert (found["2"].became, found["2"].deleted) == ((Ref("Contact", "1"),), False)
    assert (found["3"].active, found["4"].deleted) == (False, True)
    assert [record.id for record in scan_all(opened(), "Contact")] == ["1", "3"]


def test_a_table_of_merges_tells_of_rows_that_are_there_and_of_rows_that_are_not(opened, people, erp):
    connector = opened()
    _, cursor = read_all(connector)
    erp("INSERT INTO merges VALUES (2, 1, '2026-09-01 08:50:00'), (99, 1, '2026-09-01 08:51:00')")
    records, cursor = read_all(connector, cursor)
    assert {record.id: record.became for record in records} == {
        "2": (Ref("Contact", "1"),),
        "99": (Ref("Contact", "1"),),
    }
    # The loser's row changes again and stays merged.
    erp("UPDATE people SET full_name = 'Ann again', updated_at = '2026-09-01 08:55:00' WHERE id = 2")
    assert [record.became for record in read_all(connector, cursor)[0]] == [(Ref("Contact", "1"),)]
    assert connector.fetch([Ref("Contact", "99")])[Ref("Contact", "99")].became == (Ref("Contact", "1"),)


def test_an_act_has_its_name_and_moment_and_those_without_a_name_are_left_out(opened, people, erp):
    erp("INSERT INTO acts VALUES (1, 1, 'click', '2026-09-01 07:00:00'), (2, 1, 'other', '2026-09-01 07:00:00')")
    (act,) = by_id(read_all(opened())[0], "Act").values()
    assert (act.touch, act.changed_at.hour, act.refs) == ("email.clicked", 7, {"person": Ref("Contact", "1")})


def test_a_scan_gives_the_same_records_as_a_pull(opened, people):
    pulled = [record for record in read_all(opened())[0] if record.object == "Contact"]
    assert scan_all(opened(page_size="1"), "Contact") == pulled


def test_counts_living_rows_where_rows_alone_tell(opened, people, erp):
    plain = DECLARED.replace("    merges: {from: merges, loser: loser, survivor: winner, at: at}\n", "").replace(
        "    became: {to: Contact, by: merged_into}\n", ""
    )
    erp("UPDATE people SET gone_at = '2026-08-01 00:00:00' WHERE id = 2")
    connector = opened(plain)
    assert (connector.count("Contact"), connector.count("Account")) == (1, 1)
    assert opened().count("Contact") is None


def test_where_takes_some_rows_of_a_table(opened, people):
    connector = opened(
        DECLARED.replace("    id: [id]\n    changed: updated_at", "    id: [id]\n    where: {state: [1]}")
    )
    assert list(by_id(read_all(connector)[0])) == ["1"]


def test_an_id_of_two_columns_is_joined(opened, erp):
    erp("INSERT INTO tags VALUES (1, 'a', 'x'), (1, 'b', 'y'), (2, 'a', 'z')")
    connector = opened("objects:\n  Tag: {entity: campaign, from: tags, id: [person, tag]}\n", page_size="1")
    records, _ = read_all(connector)
    assert [(record.id, record.fields["note"]) for record in records] == [("1:a", "x"), ("1:b", "y"), ("2:a", "z")]
    assert connector.fetch([Ref("Tag", "2:a"), Ref("Tag", "9:q")]).keys() == {Ref("Tag", "2:a")}


def test_a_change_of_a_second_is_found_in_each_form_of_text(sqlite_url, clock):
    from_text = "objects: {C: {entity: person, from: c, id: id, changed: at}}"
    for form in ("2026-09-01T08:00:{:02}Z", "2026-09-01 08:00:{:02}.5", "2026-09-01 08:00:{:02} UTC"):
        _each_second(sqlite_url, clock, from_text, form)


def _each_second(url, clock, declared, form):
    engine, connector = create_engine(url), connect({"url": url, "declared": declared}, clock)
    with engine.begin() as db:
        db.execute(text("DROP TABLE IF EXISTS c"))
        db.execute(text("CREATE TABLE c (id INTEGER PRIMARY KEY, at TEXT)"))
        db.execute(text("INSERT INTO c VALUES (1, :at)"), {"at": form.format(1)})
    records, cursor = read_all(connector)
    assert records[0].changed_at.replace(microsecond=0) == datetime(2026, 9, 1, 8, 0, 1, tzinfo=UTC)
    with engine.begin() as db:
        db.execute(text("INSERT INTO c VALUES (2, :at)"), {"at": form.format(2)})
    assert [record.id for record in read_all(connector, cursor)[0]] == ["2"]
    engine.dispose()
    connector.close()


def test_a_row_without_an_id_does_not_stop_the_others(opened, erp):
    erp("INSERT INTO tags VALUES (1, ' ', 'nameless'), (1, 'b', 'y')")
    declared = "objects:\n  Tag: {entity: campaign, from: tags, id: tag}\n"
    assert [record.id for record in read_all(opened(declared))[0]] == ["b"]


def test_moments_without_a_zone_are_in_the_declared_one(opened, people):
    berlin = DECLARED.replace("    changed: updated_at\n", "    changed: updated_at\n    changed_zone: Europe/Berlin\n")
    joe = by_id(read_all(opened(berlin))[0])["1"]
    assert joe.changed_at == datetime(2026, 9, 1, 8, tzinfo=UTC) - timedelta(hours=2)


def test_a_mistaken_path_makes_no_database(tmp_path, clock):
    settings = {"url": f"sqlite:///{tmp_path / 'nope.db'}", "declared": DECLARED}
    with pytest.raises(Permanent, match="unable to open database file; give the path of a file"):
        connect(settings, clock).pull(None)
    assert not list(tmp_path.iterdir())
