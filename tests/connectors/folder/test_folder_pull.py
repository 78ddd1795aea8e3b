"""What a folder of files tells: rows that changed, merges, and files that cannot be read."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from closeloop.ports import Ref
from closeloop.words.errors import Lost, Permanent, Transient
from support.drops import DECLARED
from support.erp import read_all, scan_all

FIRMS = "objects: {Account: {entity: account, from: 'firms*', id: id, fields: {Name: title}}}"


def test_reads_rows_as_records_and_keeps_texts_as_they_are(opened, dropped):
    records, _ = read_all(opened())
    firm, joe, ann = records
    assert (firm.id, firm.fields) == ("007", {"id": "007", "title": "Acme"})
    assert (joe.fields, joe.refs) == (
        {"Email": "joe@acme.example", "Name": "Joe Miller"},
        {"account": Ref("Account", "007")},
    )
    assert (joe.changed_at, joe.active, ann.active, ann.our_key) == (
        datetime(2026, 9, 1, 8, tzinfo=UTC),
        True,
        False,
        "k2",
    )
    assert ann.fields["Name"] == "Lee, Ann"


def test_tells_only_rows_that_look_different(opened, dropped, drop):
    connector = opened(page_size="1")
    _, cursor = read_all(connector)
    assert read_all(connector, cursor)[0] == []
    drop("firms.csv", "id,title\n007,Acme\n008,Borg\n")
    records, cursor = read_all(connector, cursor)
    assert [record.id for record in records] == ["008"]
    assert read_all(opened(), cursor)[0] == []


def test_a_mark_tells_what_is_dropped_from_now_on(opened, dropped, drop):
    connector = opened()
    cursor = connector.mark()
    assert read_all(connector, cursor)[0] == []
    drop("firms.csv", "id,title\n007,Acme Corp\n")
    assert [record.fields["title"] for record in read_all(connector, cursor)[0]] == ["Acme Corp"]


def test_reads_zipped_files_and_parquet_the_same(opened, folder, drop):
    drop("firms.csv.gz", gzip.compress(b"id,title\n1,Zip\n"))
    at = datetime(2026, 9, 1, 9, tzinfo=UTC)
    table = pa.table({"id": [2], "title": ["Parquet"], "worth": [Decimal("12.50")], "at": [at]})
    pq.write_table(table, folder / "firms_2.parquet")
    records, _ = read_all(opened(FIRMS.replace(", fields: {Name: title}", "")))
    assert [(record.id, record.fields["title"]) for record in records] == [("1", "Zip"), ("2", "Parquet")]
    assert (records[1].fields["worth"], records[1].fields["at"]) == ("12.5", "2026-09-01T09:00:00Z")


def test_of_several_drops_the_last_holds(opened, drop):
    drop("firms_1.csv", "id,title\n1,Old\n2,Two\n")
    drop("firms_2.csv", "id,title\n1,New\n")
    connector = opened(FIRMS)
    records, cursor = read_all(connector)
    assert [(record.id, record.fields["Name"]) for record in records] == [("2", "Two"), ("1", "New")]
    assert [record.id for record in scan_all(connector, "Account")] == ["1", "2"]
    drop("firms_1.csv", "id,title\n1,Older still\n2,Two\n")
    assert read_all(connector, cursor)[0] == []


def test_merged_records_live_on_in_their_survivor(opened, dropped, drop):
    drop("merges.csv", 'loser,winner\n"[2, 99]",1\n')
    connector = opened()
    became = {record.id: record.became for record in read_all(connector)[0] if record.object == "Contact"}
    assert became == {"1": (), "2": (Ref("Contact", "1"),), "99": (Ref("Contact", "1"),)}
    assert [record.id for record in scan_all(connector, "Contact")] == ["1"]
    assert connector.count("Contact") == 1
    assert set(connector.fetch([Ref("Contact", "99"), Ref("Contact", "3")])) == {Ref("Contact", "99")}


def test_a_scan_gives_the_same_records_as_a_pull(opened, dropped):
    pulled = [record for record in read_all(opened())[0] if record.object == "Contact"]
    assert scan_all(opened(page_size="1"), "Contact") == pulled


FAULTY = {
    "people.csv:3: 2 values; valid are 7": b"id,email,name,firm,key,changed,off\n1,a,b,,,,\n2,c\n3,d,e,,,,\n",
    "people.csv:2: the byte fc is not UTF-8": "id,email,name,firm,key,changed,off\n1,a,Müller,,,,\n".encode("latin-1"),
    "people.csv: no column 'email' .* line 3.; did you mean 'mail'": b"id,mail,name,firm,key,changed,off\n",
    "people.csv: empty": b"",
    "people.csv:1: the column 'id' is there twice": b"id,id\n",
    "people.csv:2: no id": b"id,email,name,firm,key,changed,off\n ,a,b,,,,\n",
    "people.csv:2: .*quotes": b'id,email,name,firm,key,changed,off\n1,"a"b,b,,,,\n',
}


@pytest.mark.parametrize("said", FAULTY)
def test_a_file_that_cannot_be_read_is_named_and_the_others_go_on(said, opened, dropped, drop):
    drop("people.csv", FAULTY[said])
    connector = opened()
    pulled = connector.pull(None)
    assert [record.id for record in pulled.records] == ["007"]
    with pytest.raises(Permanent, match=said):
        read_all(connector, pulled.cursor)


def test_every_column_that_is_not_there_is_named_at_once(opened, dropped):
    wrong = DECLARED.replace("{Email: email, Name: name}", "{Email: mail, Name: title}")
    with pytest.raises(Permanent, match=r"people.csv: no columns 'mail', 'title' \(declared for Contact"):
        opened(wrong).discover()


def test_a_file_that_is_mended_is_read_to_its_end(opened, dropped, drop):
    drop("people.csv", b"id,email,name,firm,key,changed,off\n1,a,b,,,,\n2,c\n3,d,e,,,,\n")
    connector = opened()
    pulled = connector.pull(connector.pull(None).cursor)
    assert [record.id for record in pulled.records] == ["1"]
    for _ in range(2):
        with pytest.raises(Permanent, match=r"people.csv:3"):
            connector.pull(pulled.cursor)
    drop("people.csv", b"id,email,name,firm,key,changed,off\n1,a,b,,,,\n2,c,c,,,,\n3,d,e,,,,\n")
    assert [record.id for record in read_all(connector, pulled.cursor)[0]] == ["2", "3"]


def test_a_declaration_that_is_mended_reads_the_file_that_did_not_change(opened, dropped):
    wrong = opened(DECLARED.replace("Email: email", "Email: mail"))
    cursor = wrong.pull(None).cursor
    with pytest.raises(Permanent, match="no column 'mail'"):
        wrong.pull(cursor)
    assert [record.id for record in read_all(opened(), cursor)[0]] == ["1", "2"]


@pytest.mark.parametrize(("name", "cut"), [("firms_1.parquet", 40), ("firms_1.csv.gz", 12)])
def test_a_file_that_is_not_whole_says_so(name, cut, opened, folder, drop):
    if name.endswith("gz"):
        drop(name, gzip.compress(b"id,title\n" + b"1,Zip\n" * 1000)[:-cut])
    else:
        pq.write_table(pa.table({"id": [2], "title": ["Parquet"]}), folder / name)
        drop(name, (folder / name).read_bytes()[:-cut])
    with pytest.raises(Permanent, match="rename it into place when"):
        read_all(opened(FIRMS))


def test_nobody_is_told_as_living_while_the_merges_cannot_be_read(opened, dropped, drop):
    drop("merges.csv", b"")
    connector = opened()
    pulled = connector.pull(None)
    assert {record.object for record in pulled.records} == {"Account"}
    with pytest.raises(Permanent, match=r"merges\.csv: empty"):
        connector.pull(pulled.cursor)


def test_a_file_that_is_not_there_is_named_with_the_near_match(opened, dropped):
    connector = opened("objects: {Contact: {entity: person, from: peeple, id: id}}")
    with pytest.raises(Permanent, match=r"no file peeple .* did you mean 'people'"):
        connector.pull(None)


def test_a_folder_that_is_away_is_worth_another_try(opened, dropped, folder):
    folder.rename(folder.with_name("away"))
    with pytest.raises(Transient, match="mount it, or correct `folder`"):
        opened().pull(None)


def test_files_in_the_making_are_left_alone(opened, drop):
    drop("firms_1.csv", "id,title\n1,One\n")
    drop("firms_2.csv.part", "id,title\n2,Two\n")
    drop(".firms_3.csv", "id,title\n3,Three\n")
    assert [record.id for record in read_all(opened(FIRMS))[0]] == ["1"]


def test_reads_another_encoding_and_delimiter_where_told(opened, drop):
    drop("firms.csv", "id;title\n1;Müller\n".encode("cp1252"))
    assert read_all(opened(FIRMS, encoding="cp1252", delimiter=";"))[0][0].fields["Name"] == "Müller"


def test_a_mark_of_order_is_no_part_of_a_name(opened, drop):
    drop("firms.csv", b"\xef\xbb\xbfid,title\n1,One\n")
    assert read_all(opened(FIRMS))[0][0].id == "1"


def test_a_cursor_of_another_age_is_lost(opened, dropped):
    with pytest.raises(Lost):
        opened().pull('{"v": 0, "files": {}}')
